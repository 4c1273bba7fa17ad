using Millrace.Delivery.Cacheability;
using Millrace.Delivery.Freshness;
using Millrace.Delivery.Keys;
using Millrace.Delivery.Origins;
using Millrace.Delivery.Replies;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Routes;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery.Coalescing;

/// <summary>Runs a flight: asks the origin, decides what its answer is good for, and fills the store while others read along.</summary>
internal sealed class Fetcher(
    DeliveryOptions options, OriginClient origins, MemoryStore store, FlightTable flights, PassMarks marks, KeyMemo<FlightResult.Failed> failures,
    MemoryAccount account, BodyFill fill, PartFill parts, DiskShelf disk, DeliveryMeters meters, TimeProvider time)
{
    /// <summary>Runs to the end of the body. Never throws: what goes wrong is the flight's result, or its body's fault.</summary>
    /// <param name="flight">The flight.</param>
    /// <param name="route">Whose origin is asked.</param>
    /// <param name="request">The request as the origin sees it (<see cref="UpstreamRequest"/>).</param>
    /// <param name="key">The object's key.</param>
    /// <param name="stored">The copy to validate, or null.</param>
    /// <param name="part">The slice to ask for in place of the whole, or null.</param>
    public async Task RunAsync(Flight flight, Route route, UpstreamRequest request, CacheKey key, CachedObject? stored, ByteRange? part)
    {
        stored?.Hold();
        try
        {
            await GuardAsync(flight, key, FetchAsync(flight, route, request, key, stored, part));
        }
        finally
        {
            stored?.LetGo();
        }
    }

    /// <summary>Keeps what came past the cache and may be kept, while its client, alone on the flight, reads along. Runs to the end of the body, and never throws.</summary>
    public Task KeepAsync(Flight flight, Route route, OriginResponse response, ResponseHead head, Filling body) =>
        GuardAsync(flight, head.Key, fill.RunAsync(flight, response, head, body, stored: null, MaxBytes(route)));

    private async Task GuardAsync(Flight flight, CacheKey key, Task running)
    {
        try
        {
            await running;
        }
        catch (OriginException e)
        {
            FlightResult.Failed failed = new(e.Reason, null);
            if (!flight.Head.IsCompleted)
            {
                // An origin that answered and broke off is not out: whoever asks next may get the whole.
                failures.Set(key.Hash, failed);
            }

            Finish(flight, failed);
        }
        catch (OperationCanceledException)
        {
            Finish(flight, new FlightResult.Failed(DeliveryReason.ClientGone, null));
        }
#pragma warning disable CA1031 // The boundary of a detached task: a fault of ours must free those who wait.
        catch (Exception)
#pragma warning restore CA1031
        {
            Finish(flight, new FlightResult.Failed(DeliveryReason.Internal, null));
        }
        finally
        {
            flight.End();
            flights.Remove(flight);
        }
    }

    private async Task FetchAsync(Flight flight, Route route, UpstreamRequest request, CacheKey key, CachedObject? stored, ByteRange? part)
    {
        var response = await AskAsync(flight, route, request, part is { } asked ? OriginFields.ForPart(request, asked, null) : OriginFields.ForFetch(request, stored));
        if (response.Status == 304 && stored is not null)
        {
            if (Refreshing.Selects(stored.Head, response.Headers))
            {
                Refresh(flight, route, response, request, stored);
                return;
            }

            // The 304 speaks of another representation than ours (§4.3.4): ask again without conditions.
            response.Dispose();
            response = await AskAsync(flight, route, request, OriginFields.ForFetch(request, null));
        }

        if (response.Status == 304)
        {
            response.Dispose();
            throw new OriginException(OriginFault.UnexpectedNotModified);
        }

        if (part is { } slice && response.Status is 206 or 416)
        {
            await PartAsync(flight, route, request, key, response, slice);
            return;
        }

        var head = ResponseHead.Of(key, route, response.Status, response.Headers, request.Headers, response.Arrival, response.Began(flight.Began));
        await TakeAsync(flight, route, request, key, response, head, response.ContentLength, stored);
    }

    /// <summary>A 206 that is all there is becomes a 200; a slice of more is kept as such; the rest goes to whoever asked.</summary>
    private async Task PartAsync(Flight flight, Route route, UpstreamRequest request, CacheKey key, OriginResponse response, ByteRange asked)
    {
        if (ContentRange.Of(response.Headers) is { } came && Combining.Fits(came, null, response.ContentLength) && response.Status == 206)
        {
            var head = ResponseHead.Of(key, route, 200, PartFill.FieldsOfWhole(response.Headers), request.Headers, response.Arrival, response.Began(flight.Began));
            if (came.First == 0 && came.Length == came.Size)
            {
                await TakeAsync(flight, route, request, key, response, head, came.Length, null);
                return;
            }

            if (StorageRules.Judge(request.Headers, head, null, long.MaxValue) == DeliveryReason.None
                && await parts.TryKeepAsync(head, response, asked, came) is { } sliced)
            {
                response.Dispose();
                Finish(flight, sliced);
                return;
            }
        }

        // Asking for more than the client wants pays only where it is kept: from now on its ranges go forward as they come.
        if (response.Status == 206)
        {
            marks.Set(key, DeliveryReason.Range);
        }

        response.BecomePass();
        Finish(flight, new FlightResult.Alone(response, DeliveryReason.Range));
    }

    private async Task TakeAsync(
        Flight flight, Route route, UpstreamRequest request, CacheKey key, OriginResponse response, ResponseHead head, long? length, CachedObject? stored)
    {
        var reason = StorageRules.Judge(request.Headers, head, length, disk.Objects is null ? MaxBytes(route) : long.MaxValue);
        if (response.Status is 500 or 502 or 503 or 504 && (reason != DeliveryReason.None || stored is not null))
        {
            FailWith(flight, response, route, request, key, stored);
            return;
        }

        var body = reason == DeliveryReason.None ? Filling.TryBegin(account, length) : null;
        if (body is null)
        {
            if (reason == DeliveryReason.None)
            {
                reason = DeliveryReason.NoRoom;
                meters.BoundHit(reason);
            }

            Refuse(flight, key, stored, reason);
            response.BecomePass();
            Finish(flight, new FlightResult.Alone(response, reason));
            return;
        }

        if (head.Shareable)
        {
            marks.Clear(key);
        }
        else
        {
            marks.Set(key, DeliveryReason.None);
            flights.Remove(flight);
        }

        await fill.RunAsync(flight, response, head, body, stored, MaxBytes(route));
    }

    private async Task<OriginResponse> AskAsync(Flight flight, Route route, UpstreamRequest request, HeaderList fields)
    {
        var response = await origins.SendAsync(route, request, fields, null, flight.Token, interim: flight.Interims.GiveAsync);
        route.ResponseFields.Apply(response.Headers);
        return response;
    }

    private long MaxBytes(Route route) => route.MaxObjectBytes ?? options.MaxObjectBytes;

    /// <summary>A 304 is judged like the full answer that it stands for: one person's fields never reach the copy that all share.</summary>
    private void Refresh(Flight flight, Route route, OriginResponse response, UpstreamRequest request, CachedObject stored)
    {
        using var owned = response;
        var head = Refreshing.Refresh(stored.Head, route, response.Headers, request.Headers, response.Arrival, response.Began(flight.Began));
        CachedObject refreshed = new(head, stored.Body, account);
        var reason = StorageRules.Judge(request.Headers, head, stored.Body.Slices is null ? stored.Body.Length : null, MaxBytes(route));
        if (reason == DeliveryReason.None)
        {
            store.Put(refreshed, supersedes: stored);
            disk.Objects?.Renew(refreshed);
            Finish(flight, new FlightResult.Held(refreshed, true) { Excepted = head.Directives.ExceptedOf(response.Headers) });
            return;
        }

        Refuse(flight, head.Key, stored, reason);
        Finish(flight, new FlightResult.Own(refreshed, reason));
    }

    /// <summary>What may not be stored takes the place of the copy that it answers for, unless the refusal is about who asked.</summary>
    private void Refuse(Flight flight, CacheKey key, CachedObject? stored, DeliveryReason reason)
    {
        flights.Remove(flight);
        marks.Set(key, reason);
        if (!StorageRules.IsOfTheRequest(reason))
        {
            fill.Drop(stored);
        }
    }

    /// <summary>The origin answered with an error: a copy stands in where it may, else the leader gets the error and the others learn of it.</summary>
    private void FailWith(Flight flight, OriginResponse response, Route route, UpstreamRequest request, CacheKey key, CachedObject? stored)
    {
        FlightResult.Failed failed = new(DeliveryReason.OriginError, response.Status);
        if (flight.IsShared)
        {
            Remember(key, request, failed);
        }

        if (stored is not null && ReuseRules.MayServeOnError(stored.Head.Status, stored.Head.Directives, stored.Head.Freshness.Lifetime, stored.Head.Age(time), route.Contract))
        {
            Remember(key, request, failed);
            response.Dispose();
            Finish(flight, failed);
            return;
        }

        Finish(flight, new FlightResult.Alone(response, DeliveryReason.OriginError));
    }

    /// <summary>
    /// While others wait or a copy stands in, an origin that is out is not asked by everybody; a 500, or what one person's credentials bring about, may
    /// be that request's own doing. The answer to one request alone is its own: to give it to the next would be to reuse it (RFC 9111 §3).
    /// </summary>
    private void Remember(CacheKey key, UpstreamRequest request, FlightResult.Failed failed)
    {
        if (failed.OriginStatus is 502 or 503 or 504 && !request.Headers.Contains(FieldId.Authorization))
        {
            failures.Set(key.Hash, failed);
        }
    }

    private void Finish(Flight flight, FlightResult result)
    {
        // Out of the table first: nobody joins what cannot be shared.
        flights.Remove(flight);
        flight.End();
        flight.Land(result);
    }
}
