using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Millrace.Features.Online;

/// <summary>
/// A key and its hash, made once for all tables that are asked for it. The seed is of this process alone, so that keys that crowd one place cannot be chosen beforehand. XXH3 is no keyed
/// pseudorandom function: whoever could tell from replies which keys collide might still find some, and gain longer searches in tables that are bounded.
/// </summary>
internal readonly ref struct HashedKey
{
    private static readonly long Seed = MemoryMarshal.Read<long>(RandomNumberGenerator.GetBytes(sizeof(long)));

    private HashedKey(ReadOnlySpan<char> text)
    {
        Text = text;
        Hash = XxHash3.HashToUInt64(MemoryMarshal.AsBytes(text), Seed);
    }

    internal ReadOnlySpan<char> Text { get; }

    internal ulong Hash { get; }

    /// <summary>Whether it is no key.</summary>
    internal bool IsEmpty => Text.IsEmpty;

    public static implicit operator HashedKey(ReadOnlySpan<char> text) => new(text);

    public static implicit operator HashedKey(string text) => new(text.AsSpan());
}
