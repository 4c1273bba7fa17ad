using System.IO.Hashing;
using System.Text;

namespace Millrace.Delivery.Keys;

/// <summary>
/// The primary key of an object, owned and immutable: scheme, authority and raw target, with the route's tag parameter taken out, as the bytes of a URL.
/// Its hash finds it, its bytes confirm it: no two URLs share an object, whatever their hashes.
/// </summary>
internal sealed class CacheKey : IEquatable<CacheKey>
{
    private readonly byte[] _bytes;

    private CacheKey(ReadOnlySpan<byte> bytes, UInt128 hash) => (_bytes, Hash) = (bytes.ToArray(), hash);

    /// <summary>128 bits that stand for the key in bounded memories, so that their size does not depend on what clients send.</summary>
    public UInt128 Hash { get; }

    /// <summary>Half of the hash: the object's name in records and sketches.</summary>
    public ulong ShortHash => (ulong)Hash;

    public ReadOnlySpan<byte> Bytes => _bytes;

    public ReadOnlySpan<byte> Authority => _bytes.AsSpan(AuthorityStart..TargetStart);

    public ReadOnlySpan<byte> Target => _bytes.AsSpan(TargetStart);

    public ReadOnlySpan<byte> Path => Target.IndexOf((byte)'?') is >= 0 and var query ? Target[..query] : Target;

    private int AuthorityStart => _bytes.AsSpan().IndexOf("://"u8) + 3;

    private int TargetStart => AuthorityStart + _bytes.AsSpan(AuthorityStart).IndexOf((byte)'/');

    public static UInt128 HashOf(ReadOnlySpan<byte> bytes) => XxHash128.HashToUInt128(bytes);

    public static CacheKey Of(ReadOnlySpan<byte> bytes) => new(bytes, HashOf(bytes));

    public static CacheKey Of(string text) => Of(Encoding.Latin1.GetBytes(text));

    public static CacheKey Of(ReadOnlySpan<byte> bytes, UInt128 hash) => new(bytes, hash);

    /// <summary>The keys that a URL of a purge names: one with a scheme, both without.</summary>
    public static IEnumerable<CacheKey> OfUrl(string url)
    {
        var isSecure = SchemeOf(ref url);
        var fragment = url.IndexOf('#', StringComparison.Ordinal);
        url = fragment < 0 ? url : url[..fragment];
        var slash = url.AsSpan().IndexOfAny('/', '?');
        var authority = (slash < 0 ? url : url[..slash]).ToLowerInvariant();
        var target = slash < 0 ? "/" : url[slash] == '/' ? url[slash..] : "/" + url[slash..];
        return isSecure is { } one ? [Form(one, authority, target)] : [Form(false, authority, target), Form(true, authority, target)];
    }

    /// <summary>The same key with another target.</summary>
    public CacheKey WithTarget(ReadOnlySpan<byte> target) => Of([.. _bytes.AsSpan(0, TargetStart), .. target]);

    public bool Is(UInt128 hash, ReadOnlySpan<byte> bytes) => Hash == hash && Bytes.SequenceEqual(bytes);

    public bool Equals(CacheKey? other) => other is not null && Is(other.Hash, other.Bytes);

    public override bool Equals(object? obj) => Equals(obj as CacheKey);

    public override int GetHashCode() => Hash.GetHashCode();

    public override string ToString() => Encoding.Latin1.GetString(_bytes);

    /// <summary>Takes the scheme off a URL: whether it is https, or null where there is none.</summary>
    private static bool? SchemeOf(ref string url)
    {
        bool? isSecure = url.StartsWith("https://", StringComparison.OrdinalIgnoreCase) ? true : url.StartsWith("http://", StringComparison.OrdinalIgnoreCase) ? false : null;
        url = isSecure is null ? url : url[(url.IndexOf("://", StringComparison.Ordinal) + 3)..];
        return isSecure;
    }

    private static CacheKey Form(bool isSecure, string authority, string target)
    {
        KeyBuffer buffer = new();
        buffer.Begin(isSecure, Encoding.Latin1.GetBytes(authority));
        buffer.Append(Encoding.Latin1.GetBytes(target));
        return buffer.Own();
    }
}
