using System.Buffers.Binary;

namespace Millrace.Features.Online;

/// <summary>
/// What is known of one person, in one run of bytes: when it was last touched (8), when its run last went on (8), the length of each section (2 each), the sections. Small, cheap to copy whole, and the
/// same bytes for the same facts. Not thread-safe.
/// </summary>
internal sealed class PersonBlob
{
    /// <summary>The longest section.</summary>
    internal const int MostSection = ushort.MaxValue;

    private const int Lengths = 2 * sizeof(long);

    private readonly int _sections;
    private byte[] _bytes;
    private int _length;

    internal PersonBlob(int sections, long turn = 0)
    {
        Turn = turn;
        _sections = sections;
        _length = HeadOf(sections);
        _bytes = new byte[_length + 32];
    }

    private PersonBlob(int sections, byte[] bytes) => (_sections, _bytes, _length) = (sections, bytes, bytes.Length);

    /// <summary>Whose turn it is a writer's: one of an earlier turn is shared with a snapshot, and copied before it is written.</summary>
    internal long Turn { get; private init; }

    /// <summary>Whether a section could not take all of an event since this was last set back; not of its bytes.</summary>
    internal bool WasCut { get; set; }

    /// <summary>The latest time at which a fact about the person was received, Unix µs.</summary>
    internal long Touched
    {
        get => TouchedOf(Bytes);
        set => BinaryPrimitives.WriteInt64LittleEndian(_bytes, value);
    }

    /// <summary>The latest time at which one of the events was received that deciding itself follows: what a run goes on by, whatever features follow beside. Unix µs.</summary>
    internal long Ran
    {
        get => RanOf(Bytes);
        set => BinaryPrimitives.WriteInt64LittleEndian(_bytes.AsSpan(sizeof(long)), value);
    }

    /// <summary>All of it.</summary>
    internal ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    /// <summary>For how many bytes there is memory.</summary>
    internal int Capacity => _bytes.Length;

    /// <summary>Makes it as new: of nobody, without sections, and nothing of who it was of left in it.</summary>
    internal void Clear()
    {
        _length = HeadOf(_sections);
        _bytes.AsSpan().Clear();
    }

    /// <summary>A copy of its own.</summary>
    internal PersonBlob CopyFor(long turn) => new(_sections, Bytes.ToArray()) { Turn = turn };

    internal static long TouchedOf(ReadOnlySpan<byte> blob) => BinaryPrimitives.ReadInt64LittleEndian(blob);

    internal static long RanOf(ReadOnlySpan<byte> blob) => BinaryPrimitives.ReadInt64LittleEndian(blob[sizeof(long)..]);

    /// <summary>A section of a blob of <paramref name="sections"/>.</summary>
    internal static ReadOnlySpan<byte> SectionOf(ReadOnlySpan<byte> blob, int sections, int section)
    {
        var start = HeadOf(sections);
        for (var i = 0; i < section; i++)
        {
            start += LengthOf(blob, i);
        }

        return blob.Slice(start, LengthOf(blob, section));
    }

    /// <summary>A blob of bytes that were <see cref="Bytes"/> of one with as many sections; null when they cannot be.</summary>
    internal static PersonBlob? TryRead(byte[] bytes, int sections)
    {
        if (bytes.Length < HeadOf(sections))
        {
            return null;
        }

        var length = HeadOf(sections);
        for (var i = 0; i < sections; i++)
        {
            length += LengthOf(bytes, i);
        }

        return length == bytes.Length ? new PersonBlob(sections, bytes) : null;
    }

    internal Span<byte> Section(int section)
    {
        var start = StartOf(section);
        return _bytes.AsSpan(start, LengthOf(_bytes, section));
    }

    internal Span<byte> Resize(int section, int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, MostSection);
        var start = StartOf(section);
        var before = LengthOf(_bytes, section);
        var end = start + before;
        var total = _length + length - before;
        if (total > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(total, _bytes.Length + (_bytes.Length / 2)));
        }

        _bytes.AsSpan(end, _length - end).CopyTo(_bytes.AsSpan(start + length));
        if (length > before)
        {
            _bytes.AsSpan(end, length - before).Clear();
        }

        _length = total;
        BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(Lengths + (2 * section)), (ushort)length);
        return _bytes.AsSpan(start, length);
    }

    private static int HeadOf(int sections) => Lengths + (2 * sections);

    private static int LengthOf(ReadOnlySpan<byte> blob, int section) => BinaryPrimitives.ReadUInt16LittleEndian(blob[(Lengths + (2 * section))..]);

    private int StartOf(int section)
    {
        var start = HeadOf(_sections);
        for (var i = 0; i < section; i++)
        {
            start += LengthOf(_bytes, i);
        }

        return start;
    }
}
