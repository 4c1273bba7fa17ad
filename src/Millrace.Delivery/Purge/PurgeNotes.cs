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

    private enum Kind : byte
    {
        Order = 1,
        Next = 2,
        Floor = 3,
        Hard = 4,
        Soft = 5,
    }

    /// <summary>Whose order the offsets are of: a feed's (<see cref="IPurgeFeed.Id"/>), or <see cref="Own"/>.</summary>
    public ulong Order { get; set; }

    public static byte[] OfOrder(ulong order) => Numbered(Kind.Order, (long)order);

    /// <summary>All before <paramref name="next"/> has been obeyed.</summary>
    public static byte[] OfNext(long next) => Numbered(Kind.Next, next);

    public static byte[] Of(PurgeMark mark)
    {
        if (mark.IsFloor)
        {
            return Numbered(Kind.Floor, mark.Offset);
        }

        ArrayBufferWriter<byte> into = new();
        into.Write(Numbered(mark.Soft ? Kind.Soft : Kind.Hard, mark.Offset));
        BinaryPrimitives.WriteInt32LittleEndian(into.GetSpan(sizeof(int)), mark.Names.Count);
        into.Advance(sizeof(int));
        foreach (var name in mark.Names)
        {
            BinaryPrimitives.WriteUInt128LittleEndian(into.GetSpan(16), name);
            into.Advance(16);
        }

        foreach (var pattern in mark.Patterns)
        {
            pattern.Write(into);
        }

        return into.WrittenSpan.ToArray();
    }

    public void Restore(IEnumerable<byte[]> notes)
    {
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
                    purges.Restore(PurgeMark.Floor(number));
                    break;
                case var kind:
                    purges.Restore(MarkOf(note, number, kind == Kind.Soft));
                    break;
            }
        }
    }

    public IEnumerable<byte[]> Snapshot()
    {
        var (next, marks) = purges.Marks();
        return [OfOrder(Order), .. marks.Select(Of), OfNext(next)];
    }

    private static PurgeMark MarkOf(ReadOnlySpan<byte> note, long offset, bool soft)
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

        return new PurgeMark(offset, names, patterns, soft);
    }

    private static byte[] Numbered(Kind kind, long number)
    {
        var note = new byte[NumberBytes];
        note[0] = (byte)kind;
        BinaryPrimitives.WriteInt64LittleEndian(note.AsSpan(1), number);
        return note;
    }
}
