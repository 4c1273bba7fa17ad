using System.Collections.Immutable;
using System.Text;

namespace Millrace.Delivery.Routes;

/// <summary>Signed URLs: a request is served if it bears a signature by one of the keys that has not expired (<see cref="UrlSignature"/>).</summary>
public sealed record SigningRules
{
    /// <summary>Bytes of a secret at least: HMAC-SHA-256 is as strong as its key, up to 32.</summary>
    public const int MinSecretBytes = 16;

    /// <summary>Keys by their id. Several, so that one can be introduced before it signs and withdrawn when nothing bears it any more.</summary>
    public required ImmutableArray<SigningKey> Keys { get; init; }

    internal SigningKey? Find(ReadOnlySpan<byte> id)
    {
        foreach (var key in Keys)
        {
            if (Ascii.Equals(id, key.Id))
            {
                return key;
            }
        }

        return null;
    }

    internal IEnumerable<string> Faults()
    {
        if (Keys.IsDefaultOrEmpty)
        {
            yield return "signed.keys: expected one or more";
            yield break;
        }

        foreach (var key in Keys)
        {
            if (key.Id.Length is 0 or > 64 || key.Id.Any(static c => !char.IsAsciiLetterOrDigit(c) && c is not '-' and not '_' and not '.'))
            {
                yield return "signed.keys: expected ids of 1 to 64 letters, digits, '-', '_', '.'";
            }
            else if (key.Secret.Length < MinSecretBytes)
            {
                yield return $"signed.keys.{key.Id}: expected a secret of {MinSecretBytes} bytes or more; got {key.Secret.Length}";
            }
        }

        if (Keys.DistinctBy(static key => key.Id).Count() != Keys.Length)
        {
            yield return "signed.keys: expected each id once";
        }
    }
}

/// <summary>A key that signs URLs.</summary>
/// <param name="Id">Its name in URLs.</param>
/// <param name="Secret">Its bytes, which nobody else knows.</param>
public sealed record SigningKey(string Id, ReadOnlyMemory<byte> Secret)
{
    /// <summary>The URL with expiry, key id and signature at the end of its query.</summary>
    /// <exception cref="ArgumentException">It is no absolute http or https URL of ASCII, has a fragment, or has such parameters already.</exception>
    public string Sign(string url, DateTimeOffset expires) => UrlSignature.Sign(url, this, expires);
}
