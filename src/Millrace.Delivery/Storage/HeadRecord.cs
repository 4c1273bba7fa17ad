using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Millrace.Delivery.Freshness;
using Millrace.Delivery.Keys;
using Millrace.Delivery.Purge;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Routes;

namespace Millrace.Delivery.Storage;

/// <summary>
/// A head as the disk keeps it: numbers, then texts, each behind its length. Times are of the wall clock, so that ages survive a restart; of the purge
/// clocks the control offset (whose order is the folder's: <see cref="PurgeNotes"/>), and the count of invalidations, which is one process's own. What can be read off the fields is not written.
/// </summary>
internal static class HeadRecord
{
    private const byte Version = 1;

    /// <summary>A clock that is kept right is set back by less.</summary>
    private const long ClockJitter = TimeSpan.TicksPerSecond;
    private const int NumberBytes = 1 + 2 + 1 + (8 * 6);

    /// <summary>Writes a head.</summary>
    /// <param name="head">The head.</param>
    /// <param name="process">The number of this process.</param>
    /// <param name="time">Whose wall clock and monotonic clock are compared.</param>
    public static byte[] Write(ResponseHead head, ulong process, TimeProvider time)
    {
        ArrayBufferWriter<byte> into = new(NumberBytes + head.Key.Bytes.Length + head.Headers.Wire.Length + 256);
        var numbers = into.GetSpan(NumberBytes);
        numbers[0] = Version;
        BinaryPrimitives.WriteUInt16LittleEndian(numbers[1..], (ushort)head.Status);
        numbers[3] = (byte)((head.AgeStated ? 1 : 0) | (head.Freshness.Explicit ? 2 : 0));
        BinaryPrimitives.WriteInt64LittleEndian(numbers[4..], head.Freshness.Lifetime.Ticks);
        BinaryPrimitives.WriteInt64LittleEndian(numbers[12..], head.Age(time).Ticks);
        BinaryPrimitives.WriteInt64LittleEndian(numbers[20..], time.GetUtcNow().UtcTicks);
        BinaryPrimitives.WriteInt64LittleEndian(numbers[28..], head.Began.Offset);
        BinaryPrimitives.WriteInt64LittleEndian(numbers[36..], head.Began.Local);
        BinaryPrimitives.WriteUInt64LittleEndian(numbers[44..], process);
        into.Advance(NumberBytes);
        Append(into, head.Key.Bytes);
        Append(into, head.Headers.Wire);
        Append(into, Encoding.Latin1.GetBytes(string.Join('\n', head.Vary.Names)));
        Append(into, head.Vary.Selecting().Wire);
        Append(into, Encoding.Latin1.GetBytes(string.Join('\n', head.SurrogateKeys)));
        return into.WrittenSpan.ToArray();
    }

    /// <summary>Reads the head of an object with this key; null when it is another's, or another format's.</summary>
    /// <param name="bytes">What <see cref="Write"/> made; checked before against damage.</param>
    /// <param name="key">The key that was asked for: its hash may be another's too.</param>
    /// <param name="route">The route by which it is asked for.</param>
    /// <param name="process">The number of this process.</param>
    /// <param name="time">The clocks.</param>
    public static ResponseHead? Read(ReadOnlySpan<byte> bytes, KeyBuffer key, Route route, ulong process, TimeProvider time)
    {
        if (bytes.Length < NumberBytes || bytes[0] != Version)
        {
            return null;
        }

        var numbers = bytes[..NumberBytes];
        var rest = bytes[NumberBytes..];
        if (!Take(ref rest).SequenceEqual(key.Bytes))
        {
            return null;
        }

        var headers = HeaderList.Parse(Take(ref rest));
        var names = TextsOf(Take(ref rest));
        var selecting = HeaderList.Parse(Take(ref rest));
        var since = time.GetUtcNow().UtcTicks - BinaryPrimitives.ReadInt64LittleEndian(numbers[20..]);
        var lifetime = BinaryPrimitives.ReadInt64LittleEndian(numbers[4..]);
        var age = AgeAt(BinaryPrimitives.ReadInt64LittleEndian(numbers[12..]), since, lifetime);
        var offset = BinaryPrimitives.ReadInt64LittleEndian(numbers[28..]);
        var isOurs = BinaryPrimitives.ReadUInt64LittleEndian(numbers[44..]) == process;
        return new ResponseHead
        {
            Key = key.Own(),
            Route = route.Match,
            Vary = VaryKey.For(names, selecting),
            Status = BinaryPrimitives.ReadUInt16LittleEndian(numbers[1..]),
            Headers = headers,
            Directives = ResponseDirectives.Parse(headers, route.TargetedFields),
            Freshness = new FreshnessRules(
                TimeSpan.FromTicks(lifetime), TimeSpan.FromTicks(age), (numbers[3] & 2) != 0),
            AgeStated = (numbers[3] & 1) != 0,
            ReceivedTimestamp = time.GetTimestamp(),
            Began = isOurs ? Beginning.Restored(offset) with { Local = BinaryPrimitives.ReadInt64LittleEndian(numbers[36..]) } : Beginning.Restored(offset),
            SurrogateKeys = TextsOf(Take(ref rest)),
        };
    }

    /// <summary>When a head that <see cref="Read"/> has read was written.</summary>
    public static DateTimeOffset WrittenAt(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadInt64LittleEndian(bytes[20..]), TimeSpan.Zero);

    /// <summary>The age that went on since; where the clock has been set back nobody knows it, and the object is stale.</summary>
    private static long AgeAt(long written, long since, long lifetime) =>
        since >= 0 ? written + since : since >= -ClockJitter ? written : Math.Max(written, lifetime);

    private static string[] TextsOf(ReadOnlySpan<byte> joined) => joined.IsEmpty ? [] : Encoding.Latin1.GetString(joined).Split('\n');

    private static void Append(ArrayBufferWriter<byte> into, ReadOnlySpan<byte> text)
    {
        BinaryPrimitives.WriteInt32LittleEndian(into.GetSpan(sizeof(int)), text.Length);
        into.Advance(sizeof(int));
        into.Write(text);
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> rest)
    {
        var length = BinaryPrimitives.ReadInt32LittleEndian(rest);
        var text = rest.Slice(sizeof(int), length);
        rest = rest[(sizeof(int) + length)..];
        return text;
    }
}
