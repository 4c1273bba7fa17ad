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
    /// <summary>Fields of the stored response that a 304 repeats (RFC 9110 §15.4.5), with Age.</summary>
    private static readonly HashSet<string> NotModifiedFields = new(StringComparer.OrdinalIgnoreCase)
    {
        "Cache-Control", "Content-Location", "Date", "ETag", "Expires", "Last-Modified", "Vary",
    };

    /// <summary>Answers from a complete response: whole, one range of it, its head, or 304.</summary>
    public async Task StoredAsync(Exchange exchange, StoredResponse stored, CacheStatus cacheStatus, CancellationToken cancellationToken)
    {
        var request = exchange.Request;
        var head = stored.Head;
        cacheStatus = cacheStatus with { TimeToLive = TimeToLive(head) };
        if (Conditions.IsNotModified(request.Headers, head, time.GetUtcNow()))
        {
            NotModified(exchange, head, cacheStatus);
            return;
        }

        var headers = HeadersOf(head);
        var (status, first, length) = (head.Status, 0L, stored.BodyLength);
        if (request.IsGet && status == 200 && Conditions.RangeApplies(request.Headers, head)
            && ByteRange.Parse(request.Headers.Combined("Range"), stored.BodyLength) is { } range)
        {
            (status, first, length) = range.IsSatisfiable ? (206, range.First, range.Length) : (416, 0, 0);
            headers.Set("Content-Range", range.IsSatisfiable ? $"bytes {first}-{first + length - 1}/{stored.BodyLength}" : $"bytes */{stored.BodyLength}");
        }

        if (status != 204)
        {
            headers.Set("Content-Length", length.ToString(CultureInfo.InvariantCulture));
        }

        exchange.Start(status, headers, cacheStatus);
        if (!request.IsHead)
        {
            await WriteChunksAsync(exchange, stored.Body, first, length, cancellationToken);
        }

        exchange.Complete = true;
    }

    /// <summary>Streams a response that is still arriving; <paramref name="reader"/> is the caller's own. False when the head alone answered.</summary>
    public async Task<bool> ArrivingAsync(Exchange exchange, ResponseHead head, SharedBody.Reader reader, CacheStatus cacheStatus, CancellationToken cancellationToken)
    {
        cacheStatus = cacheStatus with { TimeToLive = TimeToLive(head) };
        if (Conditions.IsNotModified(exchange.Request.Headers, head, time.GetUtcNow()))
        {
            NotModified(exchange, head, cacheStatus);
            return false;
        }

        exchange.Start(head.Status, HeadersOf(head), cacheStatus);
        ReadOnlyMemory<byte> piece;
        while (!(piece = await reader.ReadAsync(cancellationToken)).IsEmpty)
        {
            await exchange.WriteAsync(piece, cancellationToken);
        }

        exchange.Complete = true;
        return true;
    }

    /// <summary>Streams an origin's response unchanged through one buffer.</summary>
    public static async Task ThroughAsync(Exchange exchange, OriginResponse response, CacheStatus cacheStatus, CancellationToken cancellationToken)
    {
        exchange.Start(response.Status, response.Headers.Clone(), cacheStatus);
        if (exchange.Request.IsHead)
        {
            exchange.Complete = true;
            return;
        }

        var buffer = new byte[SharedBody.ChunkBytes / 4];
        int read;
        while ((read = await response.ReadAsync(buffer, cancellationToken)) > 0)
        {
            await exchange.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        }

        exchange.Complete = true;
    }

    /// <summary>Says what went wrong as problem+json (RFC 9457).</summary>
    public static async Task ProblemAsync(Exchange exchange, int status, DeliveryReason reason, CacheStatus cacheStatus, CancellationToken cancellationToken)
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

        exchange.Start(status, headers, cacheStatus with { Detail = reason });
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
        DeliveryReason.OriginUnreachable => "The origin cannot be reached.",
        DeliveryReason.OriginTimeout => "The origin took too long.",
        DeliveryReason.OriginError => "The origin failed.",
        DeliveryReason.OriginBroken => "The origin's response is malformed.",
        _ => "The request could not be served.",
    };

    private void NotModified(Exchange exchange, ResponseHead head, CacheStatus cacheStatus)
    {
        var headers = HeadersOf(head);
        headers.RemoveWhere(static line => !NotModifiedFields.Contains(line.Name) && !line.Name.Equals("Age", StringComparison.OrdinalIgnoreCase));
        exchange.Start(304, headers, cacheStatus);
        exchange.Complete = true;
    }

    private HeaderList HeadersOf(ResponseHead head)
    {
        var headers = head.Headers.Clone();
        headers.Add("Age", ((long)head.Age(time).TotalSeconds).ToString(CultureInfo.InvariantCulture));
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
