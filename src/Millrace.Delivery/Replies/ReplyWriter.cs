using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Millrace.Delivery.Cacheability;
using Millrace.Delivery.Coalescing;
using Millrace.Delivery.Compression;
using Millrace.Delivery.Freshness;
using Millrace.Delivery.Origins;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery.Replies;

/// <summary>Writes each kind of response: stored, arriving, passing through, or ours.</summary>
internal sealed class ReplyWriter(BodyWriter bodies, SliceWriter slices, TimeProvider time)
{
    /// <summary>Objects in other codings; null for none.</summary>
    public Conversions? Conversions { get; set; }

    /// <summary>Says whether a copy may still be given when its first slice was waited for; null for always.</summary>
    public Stale? Stale { get; set; }

    /// <summary>Answers from a complete object: whole, ranges of it, its head, or 304. A hit takes this way, and allocates nothing on it.</summary>
    /// <param name="exchange">The exchange, its verdict all but done.</param>
    /// <param name="stored">The object.</param>
    /// <param name="validated">Whether the origin has just validated it for this request, so that it has no Age (RFC 9111 §5.1).</param>
    /// <param name="cancellationToken">The client.</param>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask StoredAsync(Exchange exchange, CachedObject stored, bool validated, CancellationToken cancellationToken)
    {
        var held = stored.Body.Length;
        stored = Conversions?.For(exchange, stored) ?? stored;
        var (request, head, total) = (exchange.Request, stored.Head, stored.Body.Length!.Value);
        var headers = Begin(exchange, head, held, validated);
        if (Conditions.IsNotModified(request.Headers, head.Status, head.Headers, time.GetUtcNow()))
        {
            NotModified(exchange);
            return;
        }

        var part = PartFor(request, head, total);
        var several = part.Several is null ? null : new MultipartRanges(part.Several, total, head.Headers.First(FieldId.ContentType), exchange.Key.Bytes);
        Frame(headers, part, several, total);
        if (!request.IsHead && stored.Body.Slices is not null)
        {
            await slices.BeginAsync(exchange, stored, part.Range, cancellationToken);
            if (Stale is { } stale && (stale.IsVoid(head) || (!validated && stale.IsInDoubt(head, exchange))))
            {
                // The origin took its time, and a purge was acknowledged meanwhile, or can have been missed.
                throw new SliceException(DeliveryReason.Changed);
            }

            TellOfParts(exchange, stored.Body.Slices, part.Range);
        }

        exchange.Start(part.Status, headers);
        if (!request.IsHead && several is not null)
        {
            await WriteRangesAsync(exchange, stored, part.Several!, several, cancellationToken);
        }
        else if (!request.IsHead && part.Range.Length > 0)
        {
            await bodies.WriteAsync(exchange, stored, part.Range, cancellationToken);
        }

        exchange.Complete = true;
    }

    /// <summary>Streams an object that is still arriving, or one range of it; <paramref name="reader"/> is the caller's own. False when not all of the body was wanted.</summary>
    public async ValueTask<bool> ArrivingAsync(Exchange exchange, CachedObject arriving, Filling.Reader reader, bool leads, CancellationToken cancellationToken)
    {
        var head = arriving.Head;
        var headers = Begin(exchange, head, arriving.Body.Length, leads);
        if (Conditions.IsNotModified(exchange.Request.Headers, head.Status, head.Headers, time.GetUtcNow()))
        {
            NotModified(exchange);
            return false;
        }

        var part = new Part(head.Status, new ByteRange(0, long.MaxValue), null);
        if (arriving.Body.Length is { } total)
        {
            part = PartFor(exchange.Request, head, total);
            part = part.Several is null ? part : new Part(head.Status, new ByteRange(0, total), null);
            Frame(headers, part, null, total);
        }

        exchange.Start(part.Status, headers);

        // The whole ends with the fill, and not with its last byte: what follows on this connection finds the object stored.
        var isWhole = part.Status == head.Status;
        await ReadAlongAsync(exchange, arriving, reader, isWhole ? new ByteRange(0, long.MaxValue) : part.Range, cancellationToken);
        exchange.Complete = true;
        return isWhole;
    }

    private async ValueTask ReadAlongAsync(Exchange exchange, CachedObject arriving, Filling.Reader reader, ByteRange range, CancellationToken cancellationToken)
    {
        var at = 0L;
        try
        {
            while (at < range.End)
            {
                var piece = await FirstFlushingAsync(exchange, reader.ReadAsync(cancellationToken), cancellationToken);
                if (piece.IsEmpty)
                {
                    break;
                }

                var skipped = (int)Math.Clamp(range.First - at, 0, piece.Length);
                var kept = (int)Math.Min(piece.Length - skipped, range.End - at - skipped);
                at += piece.Length;
                if (kept > 0)
                {
                    await exchange.WriteAsync(piece.Slice(skipped, kept), cancellationToken);
                }
            }
        }
        catch (OperationCanceledException) when (at == arriving.Body.Length)
        {
            // The client has all of it, and closed before the fill had ended.
        }
        catch (LeftBehindException)
        {
            var first = Math.Max(at, range.First);
            await slices.ThroughAsync(exchange, arriving, new ByteRange(first, Math.Min(range.End, arriving.Body.Length!.Value) - first), cancellationToken);
        }
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

        await BodyWriter.ThroughAsync(exchange, response, 0, long.MaxValue, cancellationToken);
        if (response.Trailers is { Count: > 0 } trailers)
        {
            exchange.End(trailers);
        }

        exchange.Complete = true;
    }

    /// <summary>
    /// Answers a range out of an origin's 206 that may be wider, because it was asked for a slice, and that is not kept. False when it has not got the
    /// range, or If-Range asks which representation it is of; nothing has been said then.
    /// </summary>
    public static async ValueTask<bool> PartAsync(Exchange exchange, OriginResponse response, CancellationToken cancellationToken)
    {
        if (exchange.Request.Headers.Contains(FieldId.IfRange) || ContentRange.Of(response.Headers) is not { } came || RangeOf(exchange.Request, came.Size ?? came.Last + 1) is not { } range
            || range.First < came.First || range.End > came.Last + 1)
        {
            return false;
        }

        exchange.Verdict = exchange.Verdict with { ForwardStatus = response.Status };
        exchange.Reply.CopyFrom(response.Headers);
        exchange.Reply.RemoveWhere(static line => line.Id is FieldId.ContentLength or FieldId.ContentMD5 or FieldId.ContentDigest);
        var size = came.Size is { } known ? known.ToString(CultureInfo.InvariantCulture) : "*";
        exchange.Reply.Set("Content-Range", string.Create(CultureInfo.InvariantCulture, $"bytes {range.First}-{range.End - 1}/{size}"));
        exchange.Reply.Add(FieldId.ContentLength, range.Length);
        exchange.Start(206, exchange.Reply);
        exchange.Complete = await BodyWriter.ThroughAsync(exchange, response, range.First - came.First, range.Length, cancellationToken)
            ? true : throw new OriginException(OriginFault.Truncated);
        return true;
    }

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
    private HeaderList Begin(Exchange exchange, ResponseHead head, long? length, bool straightFromOrigin)
    {
        var age = head.Age(time);
        exchange.Verdict = exchange.Verdict with { TimeToLive = (long)Math.Floor((head.Freshness.Lifetime - age).TotalSeconds) };
        exchange.Reply.CopyFrom(head.Headers);
        if (head.IsConvertible && exchange.Route?.Compress == true && Conversions?.Covers(length) == true)
        {
            CompressionRules.AddVary(exchange.Reply);
        }

        if (!straightFromOrigin || head.AgeStated)
        {
            exchange.Reply.Add(FieldId.Age, (long)age.TotalSeconds);
        }

        return exchange.Reply;
    }

    /// <summary>A hit on an object of which slices must be fetched is none (RFC 9211 §2.2: partial). What a disk has beyond the first slice is taken to be there.</summary>
    private static void TellOfParts(Exchange exchange, SliceMap slices, ByteRange range)
    {
        if (exchange.Verdict.Hit && (exchange.LacksSlices || (slices.OnDisk is null && range.Length > 0 && !slices.Holds(range.First, range.Length))))
        {
            exchange.Verdict = exchange.Verdict with { Hit = false, Forward = "partial", ForwardStatus = 206 };
        }
    }

    private static ByteRange? RangeOf(DeliveryRequest request, long size)
    {
        Span<ByteRange> ranges = stackalloc ByteRange[RangeSet.Max];
        return RangeSet.Read(request.Headers.First(FieldId.Range), size, ranges, out var count) == RangeAnswer.Partial && count == 1 ? ranges[0] : null;
    }

    /// <summary>What a request gets of a complete object: the whole, or, of a 200, the ranges that it asks for where its If-Range allows.</summary>
    private Part PartFor(DeliveryRequest request, ResponseHead head, long total)
    {
        if (request.IsGet && head.Status == 200 && request.Headers.CountOf(FieldId.Range) == 1 && Conditions.RangeApplies(request.Headers, head, time.GetUtcNow()))
        {
            Span<ByteRange> ranges = stackalloc ByteRange[RangeSet.Max];
            switch (RangeSet.Read(request.Headers.First(FieldId.Range), total, ranges, out var count))
            {
                case RangeAnswer.Partial:
                    return new Part(206, ranges[0], count > 1 ? ranges[..count].ToArray() : null);
                case RangeAnswer.Unsatisfiable:
                    return new Part(416, default, null);
            }
        }

        return new Part(head.Status, new ByteRange(0, total), null);
    }

    /// <summary>Says in the head what of the object follows, and how long it is.</summary>
    private static void Frame(HeaderList headers, in Part part, MultipartRanges? several, long total)
    {
        if (several is not null)
        {
            headers.Set("Content-Type", several.ContentType);
        }
        else if (part.Status is 206 or 416)
        {
            Span<byte> text = stackalloc byte[ContentRange.MaxBytes];
            var length = ContentRange.Write(text, part.Status == 206 ? part.Range : null, total);
            headers.Set(FieldId.ContentRange, text[..length]);
        }

        if (part.Status != 204)
        {
            headers.Add(FieldId.ContentLength, several?.Length ?? part.Range.Length);
        }
    }

    private async ValueTask WriteRangesAsync(Exchange exchange, CachedObject stored, ByteRange[] ranges, MultipartRanges frame, CancellationToken cancellationToken)
    {
        for (var i = 0; i < ranges.Length; i++)
        {
            await exchange.WriteAsync(frame.Before(i), cancellationToken);
            await bodies.WriteAsync(exchange, stored, ranges[i], cancellationToken);
        }

        await exchange.WriteAsync(frame.End, cancellationToken);
    }

    /// <summary>What a reply has of an object: its one range, or the several in their order.</summary>
    private readonly record struct Part(int Status, ByteRange Range, ByteRange[]? Several);
}
