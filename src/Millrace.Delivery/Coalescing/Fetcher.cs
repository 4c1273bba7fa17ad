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
    public async Task RunAsync(Flight flight, FetchOrder order)
    {
        order.Stored?.Hold();
        try
        {
            await GuardAsync(flight, order.Key, order.AsItCame, FetchAsync(flight, order));
        }
        finally
        {
            order.Stored?.LetGo();
        }
    }

    /// <summary>Keeps what came past the cache and may be kept, while its client, alone on the flight, reads along. Runs to the end of the body, and never throws.</summary>
    public Task KeepAsync(Flight flight, Route route, OriginResponse response, ResponseHead head, Filling body) =>
        GuardAsync(flight, head.Key, isAlone: true, fill.RunAsync(flight, response, head, body, stored: null, MaxBytes(route)));

    private async Task GuardAsync(Flight flight, CacheKey key, bool isAlone, Task running)
    {
        try
        {
            await running;
        }
        catch (OriginException e)
        {
            FlightResult.Failed failed = new(e.Reason, null);
            if (!flight.Head.IsCompleted && !isAlone)
            {
                // An origin that answered and broke off is not out: whoever asks next may get the whole.
                failures.Set(key.Hash, failed);
            }

            flights.Land(flight, failed);
        }
        catch (OperationCanceledException)
        {
            flights.Land(flight, new FlightResult.Failed(DeliveryReason.ClientGone, null));
        }
#pragma warning disable CA1031 // The boundary of a detached task: a fault of ours must free those who wait.
        catch (Exception)
#pragma warning restore CA1031
        {
            flights.Land(flight, new FlightResult.Failed(DeliveryReason.Internal, null));
        }
        finally
        {
            flight.End();
            flights.Remove(flight);
        }
    }

    private async Task FetchAsync(Flight flight, FetchOrder order)
    {
        var response = await AskAsync(flight, order, order.Stored);
        if (response.Status == 304 && order.Stored is { } stored)
        {
            if (Refreshing.Selects(stored.Head, response.Headers))
            {
                Refresh(flight, order, response, stored);
                return;
            }

            // The 304 speaks of another representation than ours (§4.3.4): ask again without conditions.
            response.Dispose();
            response = await AskAsync(flight, order, null);
        }

        if (response.Status == 304 && order.AsItCame)
        {
            flights.Land(flight, new FlightResult.Alone(response, DeliveryReason.HitForMiss));
            return;
        }

        if (response.Status == 304)
        {
            response.Dispose();
            throw new OriginException(OriginFault.UnexpectedNotModified);
        }

        if (order.Part is { } slice && response.Status is 206 or 416)
        {
            await PartAsync(flight, order, response, slice);
            return;
        }

        var head = HeadOf(flight, order, response, response.Status, response.Headers);
        await TakeAsync(flight, order, response, head, response.ContentLength);
    }

    /// <summary>A 206 that is all there is becomes a 200; a slice of more is kept as such; the rest goes to whoever asked.</summary>
    private async Task PartAsync(Flight flight, FetchOrder order, OriginResponse response, ByteRange asked)
    {
        var reason = DeliveryReason.Range;
        if (response.Status == 206 && ContentRange.Of(response.Headers) is { } came && Combining.Fits(came, null, response.ContentLength))
        {
            var head = HeadOf(flight, order, response, 200, PartFill.FieldsOfWhole(response.Headers));
            if (came.First == 0 && came.Length == came.Size)
            {
                await TakeAsync(flight, order, response, head, came.Length);
                return;
            }

            reason = StorageRules.Judge(order.Upstream.Headers, head, null, long.MaxValue);
            if (reason == DeliveryReason.None && parts.TryKeep(head, response, asked, came, order.Stored) is { } kept)
            {
                marks.Clear(order.Key, order.Upstream.Headers);
                flights.Land(flight, kept.Result);
                await kept.Fill();
                return;
            }
        }

        // Asking for more than the client wants pays only where it is kept: from now on its ranges go forward as they come.
        if (response.Status == 206)
        {
            marks.Set(order.Key, DeliveryReason.Range);
        }

        if (!StorageRules.IsOfTheRequest(reason))
        {
            fill.Drop(order.Stored);
        }

        Pass(flight, response, DeliveryReason.Range);
    }

    private async Task TakeAsync(Flight flight, FetchOrder order, OriginResponse response, ResponseHead head, long? length)
    {
        var reason = StorageRules.Judge(order.Upstream.Headers, head, length, disk.Objects is null ? MaxBytes(order.Route) : long.MaxValue);

        // An error that may be kept takes the place of an earlier error, and of no copy that is worth validating again.
        if (response.Status is 500 or 502 or 503 or 504 && (reason != DeliveryReason.None || order.Stored is { Head.Status: < 500 }))
        {
            FailWith(flight, order, response);
            return;
        }

        if (reason == DeliveryReason.None && order.InClientsCoding && order.Route.AskPlain)
        {
            // It may be shared again, but came in the coding that this client likes: the next request asks plainly, for all.
            marks.Clear(order.Key, order.Upstream.Headers);
            Pass(flight, response, DeliveryReason.HitForMiss);
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

            Refuse(flight, order.Key, order.Stored, reason);
            Pass(flight, response, reason);
            return;
        }

        if (head.Shareable)
        {
            marks.Clear(order.Key, order.Upstream.Headers);
        }
        else
        {
            marks.Set(order.Key, DeliveryReason.None);
            flights.Remove(flight);
        }

        await fill.RunAsync(flight, response, head, body, order.Stored, MaxBytes(order.Route));
    }

    private async Task<OriginResponse> AskAsync(Flight flight, FetchOrder order, CachedObject? stored)
    {
        var (route, upstream) = (order.Route, order.Upstream);
        var fields = order.Part is { } part ? OriginFields.ForPart(upstream, part, stored)
            : order.AsItCame ? upstream.Headers
            : OriginFields.ForFetch(upstream, stored);
        var pace = order.AsItCame ? OriginPace.Pass : OriginPace.Fill;
        var response = await origins.SendAsync(route, upstream, fields, null, flight.Token, pace, flight.Interims.GiveAsync);
        route.ResponseFields.Apply(response.Headers);
        return response;
    }

    private static ResponseHead HeadOf(Flight flight, FetchOrder order, OriginResponse response, int status, HeaderList fields) =>
        ResponseHead.Of(order.Key, order.Route, status, fields, order.Upstream.Headers, response.Arrival, response.Began(flight.Began)) with { AskedTimestamp = flight.Began.Timestamp };

    private long MaxBytes(Route route) => route.MaxObjectBytes ?? options.MaxObjectBytes;

    /// <summary>A 304 is judged like the full answer that it stands for: one person's fields never reach the copy that all share.</summary>
    private void Refresh(Flight flight, FetchOrder order, OriginResponse response, CachedObject stored)
    {
        using var owned = response;
        var sent = order.Upstream.Headers;
        var head = Refreshing.Refresh(stored.Head, order.Route, response.Headers, sent, response.Arrival, response.Began(flight.Began)) with { AskedTimestamp = flight.Began.Timestamp };
        CachedObject refreshed = new(head, stored);
        var reason = StorageRules.Judge(sent, head, stored.Body.Slices is null ? stored.Body.Length : null, MaxBytes(order.Route));
        if (reason == DeliveryReason.None)
        {
            store.Put(refreshed, out var isVoid, supersedes: stored);
            if (!isVoid)
            {
                disk.Objects?.Renew(refreshed);
            }

            flights.Land(flight, new FlightResult.Held(refreshed, true) { Excepted = head.Directives.ExceptedOf(response.Headers) });
            return;
        }

        Refuse(flight, head.Key, stored, reason);
        flights.Land(flight, new FlightResult.Own(refreshed, reason));
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

    private void Pass(Flight flight, OriginResponse response, DeliveryReason reason)
    {
        response.BecomePass();
        flights.Land(flight, new FlightResult.Alone(response, reason));
    }

    /// <summary>The origin answered with an error: a copy stands in where it may, else the leader gets the error and the others learn of it.</summary>
    private void FailWith(Flight flight, FetchOrder order, OriginResponse response)
    {
        FlightResult.Failed failed = new(DeliveryReason.OriginError, response.Status);
        if (flight.IsShared)
        {
            Remember(order, failed);
        }

        if (order.Stored?.Head is { } head && ReuseRules.MayServeOnError(head.Status, head.Directives, head.Freshness.Lifetime, head.Age(time), order.Route.Contract))
        {
            Remember(order, failed);
            response.Dispose();
            flights.Land(flight, failed);
            return;
        }

        flights.Land(flight, new FlightResult.Alone(response, DeliveryReason.OriginError));
    }

    /// <summary>
    /// While others wait or a copy stands in, an origin that is out is not asked by everybody; a 500, or what one person's credentials bring about, may
    /// be that request's own doing. The answer to one request alone is its own: to give it to the next would be to reuse it (RFC 9111 §3).
    /// </summary>
    private void Remember(FetchOrder order, FlightResult.Failed failed)
    {
        if (failed.OriginStatus is 502 or 503 or 504 && !order.Upstream.Headers.Contains(FieldId.Authorization))
        {
            failures.Set(order.Key.Hash, failed);
        }
    }
}
