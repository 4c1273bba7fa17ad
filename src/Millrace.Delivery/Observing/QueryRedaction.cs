using System.Collections.Immutable;
using System.Text;
using Millrace.Delivery.Routes;

namespace Millrace.Delivery.Observing;

/// <summary>
/// Writes a target without the values of parameters that let whoever reads them do what another may: signatures, tokens, passwords. A log is read by
/// more people than the requests that it tells of.
/// </summary>
internal sealed class QueryRedaction
{
    /// <summary>Names by which secrets travel in queries: OAuth's, those of S3's, CloudFront's, Google's, Azure's and Akamai's signed URLs, and what programs call theirs.</summary>
    private static readonly ImmutableArray<string> Usual =
    [
        "access_token", "refresh_token", "id_token", "token", "auth", "jwt", "code", "client_secret", "secret", "password", "passwd", "pwd", "api_key", "apikey", "sig", "signature", "hmac",
        "X-Amz-Signature", "X-Amz-Security-Token", "X-Amz-Credential", "Policy", "Key-Pair-Id", "X-Goog-Signature", "hdnts", "hdnea", "session", "sessionid", "sid",
    ];

    private const string Instead = "(redacted)";

    private readonly HashSet<string> _names;

    /// <param name="further">Names beside the usual ones; none has case.</param>
    public QueryRedaction(ImmutableArray<string> further) => _names = new HashSet<string>([.. Usual, .. further], StringComparer.OrdinalIgnoreCase);

    /// <summary>The target with the values of secrets replaced.</summary>
    /// <param name="target">Path and query as the client sent them.</param>
    /// <param name="tag">The route's tag parameter, which is a token of ours; null for none.</param>
    public string Of(ReadOnlySpan<byte> target, string? tag)
    {
        var mark = target.IndexOf((byte)'?');
        if (mark < 0)
        {
            return Encoding.Latin1.GetString(target);
        }

        var text = new StringBuilder(Encoding.Latin1.GetString(target[..mark]));
        var query = target[(mark + 1)..];
        var separator = '?';
        foreach (var range in query.Split((byte)'&'))
        {
            var parameter = query[range];
            var equals = parameter.IndexOf((byte)'=');
            text.Append(separator);
            separator = '&';
            if (equals >= 0 && IsSecret(parameter[..equals], tag))
            {
                text.Append(Encoding.Latin1.GetString(parameter[..(equals + 1)])).Append(Instead);
            }
            else
            {
                text.Append(Encoding.Latin1.GetString(parameter));
            }
        }

        return text.ToString();
    }

    /// <summary>Names are compared as programs read them: without escapes, and without case.</summary>
    private bool IsSecret(ReadOnlySpan<byte> raw, string? tag)
    {
        var name = Uri.UnescapeDataString(Encoding.Latin1.GetString(raw));
        return UrlSignature.IsParameter(raw) || name.Equals(tag, StringComparison.OrdinalIgnoreCase) || _names.Contains(name);
    }
}
