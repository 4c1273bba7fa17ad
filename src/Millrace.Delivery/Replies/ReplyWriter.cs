using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Millrace.Delivery.Freshness;
using Millrace.Delivery.Origins;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery.Replies;

/// <summary>Writes each kind of response: stored, arriving, passing through, or ours.</summary>
internal sealed class ReplyWriter(TimeProvider time)
{
    private const int ThroughBytes = 16 * 1024;

    /// <summary>Answers from a complete object: whole, one range of it, its head, or 304. A hit takes this way, and allocates nothing on it.</summary>
    /// <param name="exchange">The exchange, its verdict all but done.</param>
    /// <param name="stored">The object.</param>
    /// <param name="validated">Whether the origin has just validated it for this request, so that it has no Age (RFC 9111 §5.1).</param>
    /// <param name="cancellationToken">The client.</param>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask StoredAsync(Exchange exchange, CachedObject stored, bool validated, CancellationToken cancellationToken)
    {
        var (request, head, total) = (exchange.Request, stored.Head, stored.Body.Length!.Value);
        var headers = Begin(exchange, head, validated);
        if (Conditions.IsNotModified(request.Headers, head.Status, head.Headers, time.GetUtcNow()))
        {
            NotModified(exchange);
            return;
        }

        var (status, first, length) = (head.Status, 0L, total);
        if (request.IsGet && status == 200 && request.Headers.Contains(FieldId.Range) && Conditions.RangeApplies(request.Headers, head, time.GetUtcNow())
            && ByteRange.Parse(request.Headers.Combined("Range"), total) is { } range)
        {
            (status, first, length) = range.IsSatisfiable ? (206, range.First, range.Length) : (416, 0, 0);
            headers.Set("Content-Range", range.IsSatisfiable ? $"bytes {first}-{first + length - 1}/{total}" : $"bytes */{total}");
        }

        if (status != 204)
        {
            headers.Add(FieldId.ContentLength, length);
        }

        exchange.Start(status, headers);
        if (!request.IsHead && length > 0)
        {
            await WriteBodyAsync(exchange, stored.Body.Pieces, first, length, cancellationToken);
        }

        exchange.Complete = true;
    }

    /// <summary>Streams an object that is still arriving; <paramref name="reader"/> is the caller's own. False when the head alone answered.</summary>
    public async ValueTask<bool> ArrivingAsync(Exchange exchange, CachedObject arriving, Filling.Reader reader, bool leads, CancellationToken cancellationToken)
    {
        var head = arriving.Head;
        var headers = Begin(exchange, head, leads);
        if (Conditions.IsNotModified(exchange.Request.Headers, head.Status, head.Headers, time.GetUtcNow()))
        {
            NotModified(exchange);
            return false;
        }

        if (arriving.Body.Length is { } length && head.Status != 204)
        {
            headers.Add(FieldId.ContentLength, length);
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
    public async ValueTask ThroughAsync(Exchange exchange, OriginResponse response, bool conditionsAreOurs, CancellationToken cancellationToken)
    {
        exchange.Verdict = exchange.Verdict with { ForwardStatus = response.Status };
        exchange.Reply.CopyFrom(response.Headers);
        if (conditionsAreOurs && Conditions.IsNotModified(exchange.Request.Headers, response.Status, response.Headers, time.GetUtcNow()))
        {
            NotModified(exchange);
            return;
        }

        exchange.Start(response.Status, exchange.Reply);
        if (exchange.Request.IsHead)
        {
            exchange.Complete = true;
            return;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(ThroughBytes);
        try
        {
            int read;
            while ((read = await FirstFlushingAsync(exchange, response.ReadAsync(buffer, cancellationToken), cancellationToken)) > 0)
            {
                await exchange.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        exchange.Complete = true;
    }

    /// <summary>Says what went wrong as problem+json (RFC 9457).</summary>
    public static async ValueTask ProblemAsync(Exchange exchange, int status, DeliveryReason reason, CancellationToken cancellationToken)
    {
        exchange.Outcome = DeliveryOutcome.Error;
        var body = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new { type = $"urn:millrace:{reason.Wire()}", title = Title(reason), status }));
        var headers = exchange.Reply;
        headers.Clear();
        headers.Add("Content-Type", "application/problem+json");
        headers.Add("Content-Length", body.Length.ToString(CultureInfo.InvariantCulture));
        headers.Add("Cache-Control", "no-store");
        if (status == 503)
        {
            headers.Add("Retry-After", "1");
        }

        if (reason == DeliveryReason.MethodNotAllowed)
        {
            headers.Add("Allow", string.Join(", ", exchange.Route!.Methods));
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

    /// <summary>Leaves of the head what a 304 repeats (RFC 9110 §15.4.5), with Age, and with the cookies of an answer that is one person's own.</summary>
    private static void NotModified(Exchange exchange)
    {
        exchange.Reply.RemoveWhere(static line => line.Id is not (FieldId.Age or FieldId.CacheControl or FieldId.CdnCacheControl or FieldId.ContentLocation or FieldId.Date
            or FieldId.ETag or FieldId.Expires or FieldId.LastModified or FieldId.SetCookie or FieldId.Vary));
        exchange.Start(304, exchange.Reply);
        exchange.Complete = true;
    }

    /// <summary>The stored lines with Age, which what comes straight from its origin has only where that said so (RFC 9111 §5.1).</summary>
    private HeaderList Begin(Exchange exchange, ResponseHead head, bool straightFromOrigin)
    {
        var age = head.Age(time);
        exchange.Verdict = exchange.Verdict with { TimeToLive = (long)Math.Floor((head.Freshness.Lifetime - age).TotalSeconds) };
        exchange.Reply.CopyFrom(head.Headers);
        if (!straightFromOrigin || head.AgeStated)
        {
            exchange.Reply.Add(FieldId.Age, (long)age.TotalSeconds);
        }

        return exchange.Reply;
    }

    /// <summary>Writes a part of a body: the pieces that it takes whole in one call, and one each for those that it begins and ends within.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private static async ValueTask WriteBodyAsync(Exchange exchange, ReadOnlyMemory<byte>[] pieces, long first, long length, CancellationToken cancellationToken)
    {
        var at = 0;
        while (first >= pieces[at].Length)
        {
            first -= pieces[at++].Length;
        }

        while (length > 0)
        {
            if (first > 0 || length < pieces[at].Length)
            {
                var piece = pieces[at++].Slice((int)first, (int)Math.Min(pieces[at - 1].Length - first, length));
                first = 0;
                length -= piece.Length;
                await exchange.WriteAsync(piece, cancellationToken);
                continue;
            }

            var (from, bytes) = (at, 0L);
            while (at < pieces.Length && pieces[at].Length <= length - bytes)
            {
                bytes += pieces[at++].Length;
            }

            length -= bytes;
            await (at - from == 1 ? exchange.WriteAsync(pieces[from], cancellationToken) : exchange.WriteAsync(pieces.AsMemory(from, at - from), bytes, cancellationToken));
        }
    }
}
