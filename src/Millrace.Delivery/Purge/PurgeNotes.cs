using System.Buffers;
using System.Buffers.Binary;
using Millrace.Delivery.Storage.Disk;

namespace Millrace.Delivery.Purge;

/// <summary>
/// The purges that what lies on disk has still to obey, as notes beside it: which order they are of, how far it has been followed, and what each named.
/// Heads carry an offset of the same order, and are judged by it when they are read (<see cref="PurgeLog.Judge"/>).
/// </summary>
internal sealed class PurgeNotes(PurgeLog purges) : IDiskNotes
{
    /// <summary>The order of a plane that follows no feed.</summary>
    public const ulong Own = 0;

    private const int NumberBytes = 1 + 8;

    /// <summary>More offsets than were given out after the last note that survived: own ones are never used twice, or what lies beyond would outlive a purge.</summary>
    private const long Unknown = 1L << 32;

    private enum Kind : byte
    {
        Order = 1,
        Next = 2,
        Floor = 3,
        Hard = 4,
        Soft = 5,
        HardWithTags = 6,
        SoftWithTags = 7,
    }

    /// <summary>Whose order the offsets are of: a feed's (<see cref="IPurgeFeed.Id"/>), or <see cref="Own"/>.</summary>
    public ulong Order { get; set; }

    public static byte[] OfOrder(ulong order) => Numbered(Kind.Order, (long)order);

    /// <summary>All before <paramref name="next"/> has been obeyed.</summary>
    public static byte[] OfNext(long next) => Numbered(Kind.Next, next);

    public static byte[] Of(PurgeTrace trace)
    {
        if (trace.IsFloor)
        {
            return Numbered(Kind.Floor, trace.Offset);
        }

        ArrayBufferWriter<byte> into = new();
        into.Write(Numbered(KindOf(trace), trace.Offset));
        BinaryPrimitives.WriteInt32LittleEndian(into.GetSpan(sizeof(int)), trace.Names.Count);
        into.Advance(sizeof(int));
        foreach (var name in trace.Names)
        {
            BinaryPrimitives.WriteUInt128LittleEndian(into.GetSpan(16), name);
            into.Advance(16);
        }

        foreach (var pattern in trace.Patterns)
        {
            pattern.Write(into);
        }

        return into.WrittenSpan.ToArray();
    }

    /// <exception cref="IOException">They are a later release's.</exception>
    public void Restore(IReadOnlyCollection<byte[]> notes)
    {
        if (notes.Any(static note => note.Length < NumberBytes || !Enum.IsDefined((Kind)note[0])))
        {
            throw new IOException("The disk's notes are of a kind that this release does not know.");
        }

        foreach (var note in notes)
        {
            var number = BinaryPrimitives.ReadInt64LittleEndian(note.AsSpan(1));
            switch ((Kind)note[0])
            {
                case Kind.Order:
                    Order = (ulong)number;
                    break;
                case Kind.Next:
                    purges.Advance(number);
                    break;
                case Kind.Floor:
                    purges.Restore(PurgeTrace.Floor(number));
                    break;
                case var kind:
                    purges.Restore(TraceOf(note, number, kind));
                    break;
            }
        }

        if (Order == Own)
        {
            SkipUnknown();
        }
    }

    /// <summary>Goes on in offsets that no head on disk can have.</summary>
    public void SkipUnknown() => purges.Skip(Unknown);

    public IEnumerable<byte[]> Snapshot()
    {
        var (next, traces) = purges.Traces();
        return [OfOrder(Order), .. traces.Select(Of), OfNext(next)];
    }

    private static PurgeTrace TraceOf(ReadOnlySpan<byte> note, long offset, Kind kind)
    {
        var names = new UInt128[BinaryPrimitives.ReadInt32LittleEndian(note[NumberBytes..])];
        var rest = note[(NumberBytes + sizeof(int))..];
        foreach (ref var name in names.AsSpan())
        {
            name = BinaryPrimitives.ReadUInt128LittleEndian(rest);
            rest = rest[16..];
        }

        List<PurgePattern> patterns = [];
        while (!rest.IsEmpty)
        {
            patterns.Add(PurgePattern.Read(ref rest));
        }

        return new PurgeTrace(offset, names, patterns, kind is Kind.Soft or Kind.SoftWithTags) { HasTags = kind is Kind.HardWithTags or Kind.SoftWithTags };
    }

    private static Kind KindOf(PurgeTrace trace) => (trace.Soft, trace.HasTags) switch
    {
        (false, false) => Kind.Hard,
        (true, false) => Kind.Soft,
        (false, true) => Kind.HardWithTags,
        (true, true) => Kind.SoftWithTags,
    };

    private static byte[] Numbered(Kind kind, long number)
    {
        var note = new byte[NumberBytes];
        note[0] = (byte)kind;
        BinaryPrimitives.WriteInt64LittleEndian(note.AsSpan(1), number);
        return note;
    }
}
