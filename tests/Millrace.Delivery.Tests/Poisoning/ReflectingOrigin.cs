using System.Globalization;
using System.Text;
using Millrace.Delivery.Tests.Wire;

namespace Millrace.Delivery.Tests.Poisoning;

/// <summary>
/// The most careless origin there is: repeats all it was sent, target, fields and body, in its body and in a Location, believes every field that overrides
/// something, and calls all of it cacheable. What reaches it can be planted; what must not be planted must not reach it, or be keyed.
/// </summary>
internal static class ReflectingOrigin
{
    /// <summary>What attackers try to make others see.</summary>
    public const string Mark = "evil";

    public static WireOrigin Start() => new(AnswerAsync);

    private static async Task AnswerAsync(WireRequest request, WireConnection connection)
    {
        var (status, fields) = Judge(request);
        var text = new StringBuilder($"{request.Method} {request.Target}\n");
        foreach (var (name, value) in request.Fields)
        {
            text.Append(CultureInfo.InvariantCulture, $"{name}: {value}\n");
        }

        var body = request.Method == "HEAD" ? "" : text.Append(Encoding.Latin1.GetString(request.Body)).ToString();
        var length = request.Method == "HEAD" ? "" : $"Content-Length: {body.Length.ToString(CultureInfo.InvariantCulture)}\r\n";
        await connection.SendAsync($"HTTP/1.1 {status}\r\n{length}{fields}X-Host: {request["Host"]}\r\n\r\n{body}");
    }

    /// <summary>What the origin makes of a request, in the manner of the frameworks that attacks were found in.</summary>
    private static (string Status, string Fields) Judge(WireRequest request)
    {
        const string Cacheable = "Cache-Control: max-age=600\r\n";
        if (request.Fields.Sum(static field => field.Name.Length + field.Value.Length) > 8192)
        {
            return ("431 Too Large", Cacheable);
        }

        if (request.Fields.Any(static field => field.Value.Any(static c => c < ' ')))
        {
            return ("400 Bad Request", Cacheable);
        }

        if (request["X-HTTP-Method-Override"].Length + request["X-HTTP-Method"].Length + request["X-Method-Override"].Length > 0 && request.Method != "POST")
        {
            return ("405 Not Allowed", Cacheable);
        }

        if (request["X-Forwarded-Scheme"] == "http" || request["X-Forwarded-Proto"] == "evil")
        {
            return ("301 Moved", $"{Cacheable}Location: https://{request["X-Forwarded-Host"]}{request.Target}\r\n");
        }

        return request.Method is "GET" or "HEAD" or "POST" ? ("200 OK", Cacheable) : ("405 Not Allowed", Cacheable);
    }
}
