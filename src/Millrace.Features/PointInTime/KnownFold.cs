using Millrace.Features.Definitions;
using Millrace.Features.Local;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Features.PointInTime;

/// <summary>
/// What a node would have known that had folded everything received before a time and nothing else: items all, and the one person who is asked about. The fold is the one that
/// serves. Facts come in the order in which they were received. One use.
/// </summary>
/// <param name="journal">What is read; nothing is written.</param>
/// <param name="features">The definitions.</param>
/// <param name="folding">The bounds and habits of the fold.</param>
/// <param name="asOf">The time, and about what.</param>
/// <param name="skipped">Told of each record that is no fact.</param>
internal sealed class KnownFold(IJournalReader journal, FeatureSet features, FeatureOptions folding, AsOf asOf, Action<Position, Exception> skipped)
{
    private static readonly JournalStream[] FoldedStreams = [JournalStream.Control, JournalStream.Items, JournalStream.Events];

    private readonly FeatureFolder _folder = new(features, folding);
    private readonly EmbeddedPersonStore _persons = new(features.Persons, journal.Partitions(JournalStream.Events), folding.SessionIdle);
    private readonly SkippingReader _reader = new(journal, skipped);
    private readonly List<KnownPartition> _partitions = [];
    private long _folded;

    /// <summary>How many of what was asked about each state and section has seen.</summary>
    internal SubjectEvents Events { get; } = new(features, asOf);

    /// <summary>How many facts are folded; any thread may ask.</summary>
    internal long Folded => Volatile.Read(ref _folded);

    /// <summary>How many facts there are to fold, about; 0 before that is known.</summary>
    internal long ToFold { get; private set; }

    /// <summary>Whether all was counted that the facts say.</summary>
    internal bool Whole => _folder.Counts.Whole;

    /// <summary>The first event that retention left, where features look further back; null where they do not.</summary>
    internal UnixMicros? ShortFrom { get; private set; }

    /// <summary>What an item's row says of a state.</summary>
    internal long[] NumbersOf(FeatureSnapshot snapshot, int row, int state) => _folder.State.States[state].Numbers(snapshot.Row(row));

    /// <summary>Folds all of it.</summary>
    /// <returns>The items as of the time.</returns>
    /// <exception cref="JournalException">The journal cannot be read.</exception>
    internal async Task<FeatureSnapshot> RunAsync(CancellationToken cancellation)
    {
        await OpenAsync(cancellation);
        while (await NextAsync(cancellation) is { } next)
        {
            cancellation.ThrowIfCancellationRequested();
            Fold(next);
            Volatile.Write(ref _folded, _folded + 1);
        }

        return _folder.At(0, asOf.Time);
    }

    /// <summary>Reads the person who is asked about.</summary>
    internal void Read(PersonBuffer into) => _persons.Read(folding.Tenant, asOf.User, asOf.Session, into);

    private async Task OpenAsync(CancellationToken cancellation)
    {
        var reach = Enum.GetValues<PersonEntity>().Select(features.Persons.Reach).Append(features.Reach).Max();
        var from = asOf.Time - reach - PersonLayout.LongestSession;
        foreach (var stream in FoldedStreams)
        {
            for (var partition = 0; partition < journal.Partitions(stream); partition++)
            {
                var first = journal.Range(stream, partition).First;
                var start = stream == JournalStream.Events ? await journal.SeekAsync(stream, partition, from, cancellation) : first;
                var read = new KnownPartition(_reader, stream, partition, start, await journal.SeekAsync(stream, partition, asOf.Known, cancellation));
                await read.FillAsync(cancellation);
                if (stream == JournalStream.Events && first > 0 && start == first && read.Next is { } oldest && oldest.Fact.Received > asOf.Time - reach)
                {
                    ShortFrom = ShortFrom > oldest.Fact.Received ? ShortFrom : oldest.Fact.Received;
                }

                ToFold += read.Facts;
                _partitions.Add(read);
            }
        }
    }

    /// <summary>What was received next; of one time, control before items before events.</summary>
    private async ValueTask<StoredFact?> NextAsync(CancellationToken cancellation)
    {
        KnownPartition? earliest = null;
        foreach (var partition in _partitions)
        {
            if (partition.Next is { } next && (earliest?.Next is not { } best || next.Fact.Received < best.Fact.Received))
            {
                earliest = partition;
            }
        }

        if (earliest?.Next is not { } taken)
        {
            return null;
        }

        await earliest.MoveAsync(cancellation);
        return taken;
    }

    private void Fold(StoredFact stored)
    {
        // Received before --known, and yet to happen at --time.
        if (stored.Fact.Tenant != folding.Tenant || (asOf.Known > asOf.Time && FactTime.Of(stored.Fact) >= asOf.Time.Value))
        {
            return;
        }

        _folder.Apply(stored);
        if (stored.Fact is ConsentChanged || (stored.Fact is Observed observed && Events.Concerns(observed)))
        {
            _persons.Observe(stored);
        }

        if (stored.Fact is Observed seen)
        {
            Events.Count(seen, _folder.State.States);
        }
    }
}
