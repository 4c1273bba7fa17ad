using System.Collections.Immutable;
using Millrace.Journal;

namespace Millrace.Features.Images;

/// <summary>What a snapshot file says of itself before anything else of it is read.</summary>
public sealed record SnapshotHead
{
    private const int MostText = 256;
    private const int MostPositions = 1 << 16;

    public required SnapshotKind Kind { get; init; }

    public required string Tenant { get; init; }

    /// <summary>The fingerprint of the definitions (<see cref="Definitions.FeatureSet.Fingerprint"/>).</summary>
    public required string Definitions { get; init; }

    /// <summary>The version of the fold (<see cref="Definitions.FeatureSet.FoldVersion"/>), for sections of persons that outlive a change of definitions.</summary>
    public required int Fold { get; init; }

    /// <summary>How rows and states of items lie (<see cref="Definitions.FeatureSet.RowLayout"/>); 0 of persons.</summary>
    public int RowLayout { get; init; }

    /// <summary>What else the fold depends on: how long a run may pause and the like.</summary>
    public string Habits { get; init; } = "";

    public required long Epoch { get; init; }

    /// <summary>Where windows end.</summary>
    public required UnixMicros Time { get; init; }

    /// <summary>The first facts that it does not fold.</summary>
    public required Cut Cut { get; init; }

    internal void Write(StateWriter to)
    {
        to.Count((int)Kind);
        to.Text(Tenant);
        to.Text(Definitions);
        to.Count(Fold);
        to.Count(RowLayout);
        to.Text(Habits);
        to.Signed(Epoch);
        to.Signed(Time.Value);
        to.Count(Cut.Next.Length);
        foreach (var next in Cut.Next)
        {
            to.Count((int)next.Stream);
            to.Count(next.Partition);
            to.Number((ulong)next.Offset);
        }
    }

    internal static SnapshotHead Read(StateReader from) => new()
    {
        Kind = (SnapshotKind)from.Count((int)SnapshotKind.Persons),
        Tenant = from.Text(MostText) ?? "",
        Definitions = from.Text(MostText) ?? "",
        Fold = from.Count(int.MaxValue),
        RowLayout = from.Count(int.MaxValue),
        Habits = from.Text(MostText) ?? "",
        Epoch = from.Signed(),
        Time = new UnixMicros(from.Signed()),
        Cut = new Cut(ReadCut(from)),
    };

    private static ImmutableArray<Position> ReadCut(StateReader from)
    {
        var next = ImmutableArray.CreateBuilder<Position>();
        for (var left = from.Count(MostPositions); left > 0; left--)
        {
            next.Add(new Position((JournalStream)from.Count(byte.MaxValue), from.Count(ushort.MaxValue), (long)(from.Number() & long.MaxValue)));
        }

        return next.DrainToImmutable();
    }
}

/// <summary>What a snapshot is of.</summary>
public enum SnapshotKind
{
    /// <summary>Items: may be given to others, for what it holds of persons is sealed with keys that stay here.</summary>
    Items,

    /// <summary>Sessions and users, sealed.</summary>
    Persons,
}
