using System.Collections.Immutable;
using System.IO.Hashing;

namespace Millrace.Journal.Facts.Codec;

/// <summary>
/// Contexts that come back in event after event of one reader: each is read once while it stands here. As <see cref="TextCache"/>, but gone with its reader, since contexts stood
/// sealed. Thread-safe: a place is read and written whole.
/// </summary>
internal sealed class ContextCache
{
    private const int Places = 1 << 12;
    private const int MostBytes = 256;
    private readonly Entry?[] _entries = new Entry?[Places];

    /// <inheritdoc cref="PackedContext.Read"/>
    public ImmutableSortedDictionary<string, string> Read(ByteCursor cursor)
    {
        var bytes = cursor.Rest;
        if (bytes.Length > MostBytes)
        {
            return PackedContext.Read(cursor);
        }

        ref var place = ref _entries[XxHash3.HashToUInt64(bytes) % Places];
        if (place is { } held && bytes.SequenceEqual(held.Bytes))
        {
            return held.Context;
        }

        var context = PackedContext.Read(cursor);
        place = new Entry(bytes.ToArray(), context);
        return context;
    }

    private sealed record Entry(byte[] Bytes, ImmutableSortedDictionary<string, string> Context);
}
