using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Millrace.Delivery.Http1;

namespace Millrace.Delivery.Replies;

/// <summary>Says what went wrong as problem+json (RFC 9457).</summary>
internal static class Problems
{
    /// <summary>Quotation marks stay as they are: this is read by people, and stands in no HTML.</summary>
    private static readonly JsonSerializerOptions Form = new()
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>What a request whose route was not looked for may use (RFC 9110 §15.5.6); a route may take fewer.</summary>
    private static readonly ImmutableArray<string> UsualMethods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

    /// <summary>Answers with a problem, and notes it in the verdict.</summary>
    public static async ValueTask WriteAsync(Exchange exchange, int status, DeliveryReason reason, CancellationToken cancellationToken)
    {
        exchange.Outcome = DeliveryOutcome.Error;
        var body = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new Problem($"urn:millrace:{reason.Wire()}", Title(reason, exchange.Fault), status, exchange.Fault.Rule()), Form));
        var headers = exchange.Reply;
        headers.Clear();
        headers.Add("Content-Type", "application/problem+json");
        headers.Add("Content-Length", body.Length.ToString(CultureInfo.InvariantCulture));
        headers.Add("Cache-Control", "no-store");
        if (status == 503)
        {
            headers.Add("Retry-After", "1");
        }

        if (status == 405)
        {
            headers.Add("Allow", string.Join(", ", exchange.Route?.Methods ?? UsualMethods));
        }

        exchange.Verdict = exchange.Verdict with { Hit = false, Stored = false, Collapsed = null, TimeToLive = null, Detail = reason };
        exchange.Start(status, headers);
        if (!exchange.Request.IsHead)
        {
            await exchange.WriteAsync(body, cancellationToken);
        }

        exchange.Complete = true;
    }

    private static string Title(DeliveryReason reason, HeadFault fault) => fault switch
    {
        HeadFault.MethodRefused => Title(DeliveryReason.MethodNotAllowed),
        HeadFault.TransferCoding => "The transfer coding is not known.",
        HeadFault.Expectation => "The expectation cannot be met.",
        HeadFault.Version => "The version is not served.",
        _ => Title(reason),
    };

    private static string Title(DeliveryReason reason) => reason switch
    {
        DeliveryReason.NoRoute => "No route matches this host and path.",
        DeliveryReason.Loop => "This request has passed here before.",
        DeliveryReason.MethodNotAllowed => "The method is not allowed here.",
        DeliveryReason.SignatureMissing => "This URL must be signed.",
        DeliveryReason.SignatureInvalid => "The URL's signature is not valid.",
        DeliveryReason.SignatureExpired => "The URL's signature has expired.",
        DeliveryReason.OnlyIfCached => "Nothing usable is held, and the request forbids asking the origin.",
        DeliveryReason.Overloaded => "Too many requests are in hand.",
        DeliveryReason.BadRequest => "The request is malformed.",
        DeliveryReason.HeadTooLarge => "The request's head is too large.",
        DeliveryReason.BodyTooLarge => "The request's body is too large.",
        DeliveryReason.SlowClient => "The request came too slowly.",
        DeliveryReason.OriginUnreachable => "The origin cannot be reached.",
        DeliveryReason.OriginTimeout => "The origin took too long.",
        DeliveryReason.OriginError => "The origin failed.",
        DeliveryReason.OriginBroken => "The origin's response is malformed.",
        DeliveryReason.OriginBusy => "All connections to the origin are in use.",
        DeliveryReason.OriginCircuitOpen => "The origin has failed too often and is left alone for a moment.",
        _ => "The request could not be served.",
    };

    /// <summary>RFC 9457 §3.1, without what is not known.</summary>
    private sealed record Problem(
        [property: JsonPropertyName("type")] string Type,
        [property: JsonPropertyName("title")] string Title,
        [property: JsonPropertyName("status")] int Status,
        [property: JsonPropertyName("detail")] string? Detail);
}
