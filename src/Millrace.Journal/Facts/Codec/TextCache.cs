using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;

namespace Millrace.Journal.Facts.Codec;

/// <summary>
/// The texts that come back in fact after fact (events, surfaces, items, tenants): each is one string for the whole process while it stands here. A table of fixed size in which the
/// newer text takes the place of the older; what names a person is never put here. Thread-safe: a place is read and written whole.
/// </summary>
/// <remarks>Half of what reading an event costs was allocation and collection; see docs/results/journal.md.</remarks>
internal static class TextCache
{
    private const int Places = 1 << 13;
    private const int MostBytes = 64;
    private const int UuidSeed = 1;
    private static readonly Entry?[] Entries = new Entry?[Places];

    /// <summary>The text of UTF-8 bytes.</summary>
    public static string Text(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length is 0 or > MostBytes)
        {
            return Encoding.UTF8.GetString(utf8);
        }

        var hash = XxHash3.HashToUInt64(utf8);
        ref var place = ref Entries[hash % Places];
        if (place is { } held && held.Hash == hash && Ascii.Equals(utf8, held.Text))
        {
            return held.Text;
        }

        var text = Encoding.UTF8.GetString(utf8);
        place = new Entry(hash, null, text);
        return text;
    }

    /// <summary>The text of a UUID, first digit first.</summary>
    public static string Uuid(ReadOnlySpan<byte> uuid)
    {
        var (first, last) = (MemoryMarshal.Read<ulong>(uuid), MemoryMarshal.Read<ulong>(uuid[8..]));
        var hash = XxHash3.HashToUInt64(uuid, UuidSeed);
        ref var place = ref Entries[hash % Places];
        if (place is { } held && held.Hash == hash && held.Uuid == (first, last))
        {
            return held.Text;
        }

        var text = IdForm.ToText(uuid);
        place = new Entry(hash, (first, last), text);
        return text;
    }

    private sealed record Entry(ulong Hash, (ulong First, ulong Last)? Uuid, string Text);
}
