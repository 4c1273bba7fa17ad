using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Millrace.Journal.Segments;

/// <summary>A point from which a segment can be scanned: the offset and time of the fact that begins at a byte.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct SegmentPoint(long Offset, long Received, long At);

/// <summary>
/// The sidecar of a sealed segment (<c>.idx</c>): a point about every 64 KiB, and the hashes of all ids and decision ids behind a fan-out by their top ten bits, within which
/// they keep the order of their facts, so that finding costs one read of about 1/1024 of the table. It can be rebuilt from the segment at any time.
/// Layout: magic (8) · segment's first, end, last received, bytes (8 each) · points, hashes (4 each) · points (24 each) · fan-out (1025 × 4) ·
/// hashes (8 + 4 bytes relative offset each) · CRC-32C (4).
/// </summary>
internal sealed class SegmentIndex
{
    private const int FanoutBits = 10;
    private const int Fanout = (1 << FanoutBits) + 1;
    private const int HeadBytes = 48;
    private const int EntryBytes = 12;
    private const int PointBytes = 24;
    private readonly uint[] _fanout;
    private readonly long _entriesAt;

    private SegmentIndex(SegmentSummary summary, SegmentPoint[] points, uint[] fanout, long entriesAt) =>
        (Summary, Points, _fanout, _entriesAt) = (summary, points, fanout, entriesAt);

    private static ReadOnlySpan<byte> Magic => "MRINDEX1"u8;

    public SegmentSummary Summary { get; }

    public SegmentPoint[] Points { get; }

    /// <summary>The length of an index of so many points and hashes.</summary>
    public static int BytesOf(int points, int hashes) => HeadBytes + (points * PointBytes) + (Fanout * 4) + (hashes * EntryBytes) + 4;

    /// <summary>Lays out the index of a segment.</summary>
    /// <param name="bytes">Of <see cref="BytesOf"/>.</param>
    /// <param name="summary">What stands at its head.</param>
    /// <param name="points">In order.</param>
    /// <param name="hashes">In the order of their facts.</param>
    public static void Build(Span<byte> bytes, SegmentSummary summary, ReadOnlySpan<SegmentPoint> points, ReadOnlySpan<OffsetIndex.Entry> hashes)
    {
        Magic.CopyTo(bytes);
        long[] head = [summary.First, summary.End, summary.LastReceived, summary.Bytes];
        MemoryMarshal.AsBytes(head.AsSpan()).CopyTo(bytes[8..]);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[40..], points.Length);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[44..], hashes.Length);
        MemoryMarshal.AsBytes(points).CopyTo(bytes[HeadBytes..]);
        var fanout = bytes.Slice(HeadBytes + (points.Length * PointBytes), Fanout * 4);
        var entries = bytes[(HeadBytes + (points.Length * PointBytes) + fanout.Length)..];
        var next = new int[Fanout];
        foreach (ref readonly var entry in hashes)
        {
            next[Bucket(entry.Hash) + 1]++;
        }

        for (var bucket = 0; bucket < Fanout; bucket++)
        {
            next[bucket] += bucket == 0 ? 0 : next[bucket - 1];
            BinaryPrimitives.WriteInt32LittleEndian(fanout[(bucket * 4)..], next[bucket]);
        }

        foreach (ref readonly var entry in hashes)
        {
            var place = entries[(next[Bucket(entry.Hash)]++ * EntryBytes)..];
            BinaryPrimitives.WriteUInt64LittleEndian(place, entry.Hash);
            BinaryPrimitives.WriteUInt32LittleEndian(place[8..], (uint)(entry.Offset - summary.First));
        }

        BinaryPrimitives.WriteUInt32LittleEndian(bytes[^4..], Crc32C.Of(bytes[..^4]));
    }

    /// <returns>Null when the bytes are damaged: the index must be rebuilt.</returns>
    public static SegmentIndex? Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeadBytes + (Fanout * 4) + 4 || !bytes.StartsWith(Magic) ||
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[^4..]) != Crc32C.Of(bytes[..^4]))
        {
            return null;
        }

        var head = MemoryMarshal.Cast<byte, long>(bytes.Slice(8, 32));
        var count = BinaryPrimitives.ReadInt32LittleEndian(bytes[40..]);
        var points = MemoryMarshal.Cast<byte, SegmentPoint>(bytes.Slice(HeadBytes, count * PointBytes)).ToArray();
        var fanoutAt = HeadBytes + (count * PointBytes);
        var fanout = MemoryMarshal.Cast<byte, uint>(bytes.Slice(fanoutAt, Fanout * 4)).ToArray();
        return new SegmentIndex(new SegmentSummary(head[0], head[1], head[2], head[3]), points, fanout, fanoutAt + (Fanout * 4));
    }

    /// <summary>Adds the offsets under <paramref name="hash"/> to <paramref name="into"/>, oldest first.</summary>
    public void Find(IJournalFile file, ulong hash, List<long> into)
    {
        var bucket = Bucket(hash);
        var (from, to) = (_fanout[bucket], _fanout[bucket + 1]);
        var entries = new byte[(to - from) * EntryBytes];
        var read = file.Read(entries, _entriesAt + (from * EntryBytes));
        for (var at = 0; at + EntryBytes <= read; at += EntryBytes)
        {
            if (BinaryPrimitives.ReadUInt64LittleEndian(entries.AsSpan(at)) == hash)
            {
                into.Add(Summary.First + BinaryPrimitives.ReadUInt32LittleEndian(entries.AsSpan(at + 8)));
            }
        }
    }

    private static int Bucket(ulong hash) => (int)(hash >> (64 - FanoutBits));
}

/// <summary>What an index says of its segment: offsets in [First, End), the last fact's time, and the segment's length in bytes.</summary>
internal readonly record struct SegmentSummary(long First, long End, long LastReceived, long Bytes);
