using System.Globalization;
using System.Text;
using System.Text.Json;
using Millrace.Delivery.Coalescing;
using Millrace.Delivery.Freshness;
using Millrace.Delivery.Origins;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery.Replies;

/// <summary>Writes each kind of response: stored, arriving, passing through, or ours.</summary>
internal sealed class ReplyWriter(TimeProvider time)
{
    /// <summary>Fields of the stored response that a 304 repeats (RFC 9110 §15.4.5), with Age, and with the cookies of an answer that is one person's own.</summary>
    private static readonly HashSet<string> NotModifiedFields = new(StringComparer.OrdinalIgnoreCase)
    {
        "Age", "Cache-Control", "CDN-Cache-Control", "Content-Location", "Date", "ETag", "Expires", "Last-Modified", "Set-Cookie", "Vary",
    };

    /// <summary>Answers from a complete response: whole, one range of it, its head, or 304.</summary>
    /// <param name="exchange">The exchange, its verdict all but done.</param>
    /// <param name="stored">The response.</param>
    /// <param name="validated">Whether the origin has just validated it for this request, so that it has no Age (RFC 9111 §5.1).</param>
    /// <param name="cancellationToken">The client.</param>
    public async Task StoredAsync(Exchange exchange, StoredResponse stored, bool validated, CancellationToken cancellationToken)
    {
        var request = exchange.Request;
        var head = stored.Head;
        exchange.Verdict = exchange.Verdict with { TimeToLive = TimeToLive(head) };
        var headers = HeadersOf(head, validated);
        if (Conditions.IsNotModified(request.Headers, head.Status, head.Headers, time.GetUtcNow()))
        {
            NotModified(exchange, headers);
            return;
        }

        var (status, first, length) = (head.Status, 0L, stored.BodyLength);
        if (request.IsGet && status == 200 && Conditions.RangeApplies(request.Headers, head, time.GetUtcNow())
            && ByteRange.Parse(request.Headers.Combined("Range"), stored.BodyLength) is { } range)
        {
            (status, first, length) = range.IsSatisfiable ? (206, range.First, range.Length) : (416, 0, 0);
            headers.Set("Content-Range", range.IsSatisfiable ? $"bytes {first}-{first + length - 1}/{stored.BodyLength}" : $"bytes */{stored.BodyLength}");
        }

        if (status != 204)
        {
            headers.Set("Content-Length", length.ToString(CultureInfo.InvariantCulture));
        }

        exchange.Start(status, headers);
        if (!request.IsHead)
        {
            await WriteChunksAsync(exchange, stored.Body, first, length, cancellationToken);
        }

        exchange.Complete = true;
    }

    /// <summary>Streams a response that is still arriving; <paramref name="reader"/> is the caller's own. False when the head alone answered.</summary>
    public async Task<bool> ArrivingAsync(Exchange exchange, ResponseHead head, SharedBody.Reader reader, bool leads, CancellationToken cancellationToken)
    {
        exchange.Verdict = exchange.Verdict with { TimeToLive = TimeToLive(head) };
        var headers = HeadersOf(head, leads);
        if (Conditions.IsNotModified(exchange.Upstream.Headers, head.Status, head.Headers, time.GetUtcNow()))
        {
            NotModified(exchange, headers);
            return false;
        }

        exchange.Start(head.Status, headers);
        while (true)
        {
            var piece = await FirstFlushingAsync(exchange, reader.ReadAsync(cancellationToken), cancellationToken);
            if (piece.IsEmpty)
            {
                break;
            }

            await exchange.WriteAsync(piece, cancellationToken);
        }

        exchange.Complete = true;
        return true;
    }

    /// <summary>
    /// Streams an origin's response unchanged through one buffer. Where the client's conditions were not sent on, they are answered here: its copy may
    /// be as good as what came.
    /// </summary>
    public async Task ThroughAsync(Exchange exchange, OriginResponse response, bool conditionsAreOurs, CancellationToken cancellationToken)
    {
        exchange.Verdict = exchange.Verdict with { ForwardStatus = response.Status };
        if (conditionsAreOurs && Conditions.IsNotModified(exchange.Upstream.Headers, response.Status, response.Headers, time.GetUtcNow()))
        {
            NotModified(exchange, response.Headers.Clone());
            return;
        }

        exchange.Start(response.Status, response.Headers.Clone());
        if (exchange.Request.IsHead)
        {
            exchange.Complete = true;
            return;
        }

        var buffer = new byte[SharedBody.ChunkBytes / 4];
        int read;
        while ((read = await FirstFlushingAsync(exchange, response.ReadAsync(buffer, cancellationToken), cancellationToken)) > 0)
        {
            await exchange.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        }

        exchange.Complete = true;
    }

    /// <summary>Says what went wrong as problem+json (RFC 9457).</summary>
    public static async Task ProblemAsync(Exchange exchange, int status, DeliveryReason reason, CancellationToken cancellationToken)
    {
        exchange.Outcome = DeliveryOutcome.Error;
        var body = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new { type = $"urn:millrace:{reason.Wire()}", title = Title(reason), status }));
        HeaderList headers = new();
        headers.Add("Content-Type", "application/problem+json");
        headers.Add("Content-Length", body.Length.ToString(CultureInfo.InvariantCulture));
        headers.Add("Cache-Control", "no-store");
        if (status == 503)
        {
            headers.Add("Retry-After", "1");
        }

        exchange.Verdict = exchange.Verdict with { Hit = false, TimeToLive = null, Detail = reason };
        exchange.Start(status, headers);
        if (!exchange.Request.IsHead)
        {
            await exchange.WriteAsync(body, cancellationToken);
        }

        exchange.Complete = true;
    }

    private static string Title(DeliveryReason reason) => reason switch
    {
        DeliveryReason.NoRoute => "No route matches this host and path.",
        DeliveryReason.Loop => "This request has passed here before.",
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
        _ => "The request could not be served.",
    };

    /// <summary>Before waiting for the origin's next bytes, lets the client have what is here: the head above all.</summary>
    private static async ValueTask<T> FirstFlushingAsync<T>(Exchange exchange, ValueTask<T> next, CancellationToken cancellationToken)
    {
        if (!next.IsCompleted)
        {
            await exchange.FlushAsync(cancellationToken);
        }

        return await next;
    }

    private static void NotModified(Exchange exchange, HeaderList headers)
    {
        headers.RemoveWhere(static line => !NotModifiedFields.Contains(line.NameText));
        exchange.Start(304, headers);
        exchange.Complete = true;
    }

    private HeaderList HeadersOf(ResponseHead head, bool straightFromOrigin)
    {
        var headers = head.Headers.Clone();
        if (!straightFromOrigin || head.AgeStated)
        {
            headers.Add("Age", ((long)head.Age(time).TotalSeconds).ToString(CultureInfo.InvariantCulture));
        }

        return headers;
    }

    private long TimeToLive(ResponseHead head) => (long)Math.Floor((head.Freshness.Lifetime - head.Age(time)).TotalSeconds);

    private static async ValueTask WriteChunksAsync(Exchange exchange, byte[][] chunks, long first, long length, CancellationToken cancellationToken)
    {
        foreach (var chunk in chunks)
        {
            if (first >= chunk.Length)
            {
                first -= chunk.Length;
                continue;
            }

            var piece = chunk.AsMemory((int)first, (int)Math.Min(chunk.Length - first, length));
            if (piece.IsEmpty)
            {
                return;
            }

            first = 0;
            length -= piece.Length;
            await exchange.WriteAsync(piece, cancellationToken);
        }
    }
}
