using System.Security.Cryptography;

namespace Millrace.Models.Shelf;

/// <summary>The name of a model: the SHA-256 of its file in lower-case hexadecimal.</summary>
public static class ModelDigest
{
    // 48 bits tell a node's models apart, and five of them fit a slim record.
    private const int ShortLength = 12;
    private const int MostNamed = 4;

    /// <summary>Of a file's bytes.</summary>
    public static string Of(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>Whether a text is such a name, and so a safe name of a file.</summary>
    public static bool IsOne(string text) => text.Length == 2 * SHA256.HashSizeInBytes && text.All(char.IsAsciiHexDigitLower);

    /// <summary>The first digits of each, <c>3fa9c1d2e4b5+0011aabbccdd</c>, of more than four <c>…+2more</c>; null for none.</summary>
    public static string? Brief(IReadOnlyCollection<string> digests)
    {
        if (digests.Count == 0) return null;
        IEnumerable<string> named = digests.Take(MostNamed).Select(static digest => digest[..Math.Min(ShortLength, digest.Length)]);
        return string.Join('+', digests.Count > MostNamed ? named.Append($"{digests.Count - MostNamed}more") : named);
    }
}
