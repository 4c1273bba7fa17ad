using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Millrace.Delivery.Routes;

/// <summary>
/// Signs and verifies URLs. Signed are three lines, joined by line feeds: <c>millrace-url-1</c>; the host in lower case, with its port unless that is the
/// scheme's own; path and query as they are sent, the path in normal form, without the parameters <c>_mr_sig</c> and the route's tag. The signature is the
/// HMAC-SHA-256 of that, in base64url without padding. docs/API.md has a worked example.
/// </summary>
internal static class UrlSignature
{
    private const int MostParameters = 64;

    private static ReadOnlySpan<byte> ExpiresName => "_mr_exp"u8;

    private static ReadOnlySpan<byte> KeyName => "_mr_kid"u8;

    private static ReadOnlySpan<byte> SignatureName => "_mr_sig"u8;

    private static ReadOnlySpan<byte> Version => "millrace-url-1\n"u8;

    /// <summary>Whether a query parameter belongs to a signature, and hence to neither key nor origin.</summary>
    public static bool IsParameter(ReadOnlySpan<byte> name) => name.SequenceEqual(SignatureName) || name.SequenceEqual(ExpiresName) || name.SequenceEqual(KeyName);

    /// <summary>The URL with expiry, key id and signature at the end of its query.</summary>
    /// <exception cref="ArgumentException">It is no absolute http or https URL, or has such parameters already.</exception>
    public static string Sign(string url, SigningKey key, DateTimeOffset expires)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || url.Contains('#', StringComparison.Ordinal) || !Ascii.IsValid(url))
        {
            throw new ArgumentException("expected an absolute http or https URL of ASCII, without a fragment", nameof(url));
        }

        var rest = url[(uri.Scheme.Length + 3)..];
        var start = rest.AsSpan().IndexOfAny('/', '?');
        var authority = (start < 0 ? rest : rest[..start]).ToLowerInvariant();
        var target = start < 0 ? "/" : rest[start] == '/' ? rest[start..] : "/" + rest[start..];
        var query = target.IndexOf('?', StringComparison.Ordinal);
        target = query < 0 ? PathNormal.Of(target) : PathNormal.Of(target[..query]) + target[query..];
        if (query >= 0 && target[(query + 1)..].Split('&').Any(static parameter => IsParameter(Encoding.ASCII.GetBytes(parameter.Split('=')[0]))))
        {
            throw new ArgumentException("expected a URL without _mr_exp, _mr_kid and _mr_sig", nameof(url));
        }

        var unsigned = string.Create(CultureInfo.InvariantCulture, $"{target}{(query < 0 ? '?' : '&')}_mr_exp={expires.ToUnixTimeSeconds()}&_mr_kid={key.Id}");
        var ownPort = $":{uri.Port}";
        var named = uri.IsDefaultPort && authority.EndsWith(ownPort, StringComparison.Ordinal) ? authority[..^ownPort.Length] : authority;
        var signed = Hash(key, named, Encoding.ASCII.GetBytes(unsigned));
        return $"{uri.Scheme}://{authority}{unsigned}&_mr_sig={Base64Url.EncodeToString(signed)}";
    }

    /// <summary>Why a request is refused, or <see cref="DeliveryReason.None"/>.</summary>
    /// <param name="rules">The keys.</param>
    /// <param name="authority">Host and port, lower case, without the scheme's own port.</param>
    /// <param name="target">Path, in normal form, and query.</param>
    /// <param name="tag">The route's tag parameter, which was hung on after signing.</param>
    /// <param name="now">The time.</param>
    public static DeliveryReason Verify(SigningRules rules, ReadOnlySpan<byte> authority, ReadOnlySpan<byte> target, string? tag, DateTimeOffset now)
    {
        var mark = target.IndexOf((byte)'?');
        if (mark < 0 || target[mark..].IndexOf(SignatureName) < 0)
        {
            return DeliveryReason.SignatureMissing;
        }

        var rented = ArrayPool<byte>.Shared.Rent(Version.Length + authority.Length + 1 + target.Length);
        try
        {
            var text = new SpanWriter(rented);
            text.Write(Version);
            text.Write(authority);
            text.Write("\n"u8);
            text.Write(target[..mark]);
            return Take(target[(mark + 1)..], tag, ref text, out var given) ? Judge(rules, text.Written, given, now) : DeliveryReason.SignatureInvalid;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>Copies what is signed and takes the signature's parameters, each of which stands once.</summary>
    private static bool Take(ReadOnlySpan<byte> query, string? tag, ref SpanWriter text, out Given given)
    {
        given = default;
        var (kept, seen) = (0, 0);
        foreach (var range in query.Split((byte)'&'))
        {
            if (seen++ == MostParameters)
            {
                return false;
            }

            var parameter = query[range];
            var equals = parameter.IndexOf((byte)'=');
            var name = equals < 0 ? parameter : parameter[..equals];
            var value = equals < 0 ? default : parameter[(equals + 1)..];
            if (name.SequenceEqual(SignatureName))
            {
                if (given.HasSignature)
                {
                    return false;
                }

                given.Signature = value;
                given.HasSignature = true;
                continue;
            }

            if (tag is not null && Ascii.Equals(name, tag))
            {
                continue;
            }

            text.Write(kept++ == 0 ? "?"u8 : "&"u8);
            text.Write(parameter);
            if (name.SequenceEqual(ExpiresName))
            {
                given.Twice |= given.HasExpires;
                given.Expires = value;
                given.HasExpires = true;
            }
            else if (name.SequenceEqual(KeyName))
            {
                given.Twice |= given.HasKey;
                given.Key = value;
                given.HasKey = true;
            }
        }

        return given is { HasSignature: true, HasExpires: true, HasKey: true, Twice: false };
    }

    private static DeliveryReason Judge(SigningRules rules, ReadOnlySpan<byte> text, Given given, DateTimeOffset now)
    {
        Span<byte> claimed = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Span<byte> actual = stackalloc byte[HMACSHA256.HashSizeInBytes];
        if (rules.Find(given.Key) is not { } key || given.Signature.Length != 43
            || Base64Url.DecodeFromUtf8(given.Signature, claimed, out _, out var length) != OperationStatus.Done || length != claimed.Length)
        {
            return DeliveryReason.SignatureInvalid;
        }

        HMACSHA256.HashData(key.Secret.Span, text, actual);
        return !CryptographicOperations.FixedTimeEquals(claimed, actual) ? DeliveryReason.SignatureInvalid
            : !Utf8Parser.TryParse(given.Expires, out long expires, out var used) || used != given.Expires.Length ? DeliveryReason.SignatureInvalid
            : now.ToUnixTimeSeconds() >= expires ? DeliveryReason.SignatureExpired
            : DeliveryReason.None;
    }

    private static byte[] Hash(SigningKey key, string authority, ReadOnlySpan<byte> target) =>
        HMACSHA256.HashData(key.Secret.Span, [.. Version, .. Encoding.ASCII.GetBytes(authority), (byte)'\n', .. target]);

    private ref struct Given
    {
        public ReadOnlySpan<byte> Signature;
        public ReadOnlySpan<byte> Expires;
        public ReadOnlySpan<byte> Key;
        public bool HasSignature;
        public bool HasExpires;
        public bool HasKey;
        public bool Twice;
    }

    private ref struct SpanWriter(Span<byte> room)
    {
        private readonly Span<byte> _room = room;
        private int _used;

        public readonly ReadOnlySpan<byte> Written => _room[.._used];

        public void Write(ReadOnlySpan<byte> bytes)
        {
            bytes.CopyTo(_room[_used..]);
            _used += bytes.Length;
        }
    }
}
