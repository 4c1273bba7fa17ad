using Millrace.Delivery.Cacheability;
using Millrace.Delivery.Freshness;
using Millrace.Delivery.Keys;
using Millrace.Delivery.Origins;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Routes;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery.Coalescing;

/// <summary>Runs a flight: asks the origin, decides what its answer is good for, and fills the store while others read along.</summary>
internal sealed class Fetcher(
    DeliveryOptions options, OriginClient origins, MemoryStore store, FlightTable flights, PassMarks marks, FillBudget budget, DeliveryMeters meters, TimeProvider time)
{
    /// <summary>Runs to the end of the body. Never throws: what goes wrong is the flight's result, or its body's fault.</summary>
    public async Task RunAsync(Flight flight, Route route, DeliveryRequest request, string key, StoredResponse? stored)
    {
        try
        {
            await FetchAsync(flight, route, request, key, stored);
        }
        catch (OriginException e)
        {
            Finish(flight, new FlightResult.Failed(e.Reason, null));
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

    private async Task FetchAsync(Flight flight, Route route, DeliveryRequest request, string key, StoredResponse? stored)
    {
        var response = await origins.SendAsync(route, request, OriginFields.ForFetch(request, options.Name, stored), null, flight.Token);
        if (response.Status == 304 && stored is not null)
        {
            if (Refresh(response, flight, stored) is { } refreshed)
            {
                response.Dispose();
                store.Put(refreshed);
                Finish(flight, new FlightResult.Held(refreshed, true));
                return;
            }

            // The 304 speaks of another representation than ours (§4.3.4): ask again without conditions.
            response.Dispose();
            response = await origins.SendAsync(route, request, OriginFields.ForFetch(request, options.Name, null), null, flight.Token);
        }

        if (response.Status is 500 or 502 or 503 or 504 && stored is not null && MayServeOnError(stored, route))
        {
            var status = response.Status;
            response.Dispose();
            Finish(flight, new FlightResult.Failed(DeliveryReason.OriginError, status));
            return;
        }

        var head = HeadOf(response, flight, route, request, key);
        var reason = Judge(request, response, head);
        if (reason != DeliveryReason.None)
        {
            marks.Set(key);
            Finish(flight, new FlightResult.Alone(response, reason));
            return;
        }

        if (head.Shareable)
        {
            marks.Clear(key);
        }
        else
        {
            marks.Set(key);
            flights.Remove(flight);
        }

        await FillAsync(flight, response, head);
    }

    private bool MayServeOnError(StoredResponse stored, Route route) =>
        ReuseRules.MayServeOnError(stored.Head.Directives, stored.Head.Freshness.Lifetime, stored.Head.Age(time), route.Contract);

    private DeliveryReason Judge(DeliveryRequest request, OriginResponse response, ResponseHead head)
    {
        var reason = CacheabilityRules.Judge(request.Headers, response.Status, response.Headers, head.Directives, head.Freshness);
        return reason != DeliveryReason.None ? reason
            : response.ContentLength > options.MaxObjectBytes ? DeliveryReason.TooLarge
            : head.SurrogateKeys.Length > SurrogateKeys.Max ? DeliveryReason.TooManyKeys
            : DeliveryReason.None;
    }

    private async Task FillAsync(Flight flight, OriginResponse response, ResponseHead head)
    {
        using var owned = response;
        SharedBody body = new(budget);

        // A HEAD-less, bodiless status has an empty stream; the loop below ends at once.
        flight.Land(new FlightResult.Arriving(head, body, true));
        try
        {
            while (true)
            {
                var read = await response.ReadAsync(body.Space(response.ContentLength), flight.Token);
                if (read == 0)
                {
                    break;
                }

                body.Commit(read);
                if (!body.IsWindow && body.Length > options.MaxObjectBytes)
                {
                    body.MakeWindow();
                }

                if (body.IsWindow)
                {
                    flights.Remove(flight);
                    await body.WaitForRoomAsync(flight.Token);
                }
            }

            if (body.IsWindow)
            {
                meters.BoundHit(DeliveryReason.TooLarge);
            }
            else
            {
                store.Put(new StoredResponse(head, body.Freeze(), body.Length));
            }

            flight.End();
            body.Complete();
        }
        catch (Exception e)
        {
            body.Fail(e);
            throw;
        }
        finally
        {
            body.Release();
        }
    }

    private void Finish(Flight flight, FlightResult result)
    {
        // Out of the table first: nobody joins what cannot be shared.
        flights.Remove(flight);
        flight.End();
        flight.Land(result);
    }

    private static ResponseHead HeadOf(OriginResponse response, Flight flight, Route route, DeliveryRequest request, string key)
    {
        var directives = ResponseDirectives.Parse(response.Headers);
        var freshness = FreshnessRules.Of(response.Status, response.Headers, directives, response.RequestedAt, response.ReceivedAt);
        var headers = response.Headers.Clone();
        headers.Remove("Age");
        if (HttpDate.Parse(headers.First("Date"), response.ReceivedAt) is null)
        {
            headers.Set("Date", HttpDate.Format(response.ReceivedAt));
        }

        return new ResponseHead
        {
            Key = key,
            Route = route.Match,
            Vary = VaryKey.Of(headers, request.Headers),
            Status = response.Status,
            Headers = headers,
            Directives = directives,
            Freshness = freshness,
            ReceivedTimestamp = response.ReceivedTimestamp,
            Began = flight.Began,
            SurrogateKeys = SurrogateKeys.Of(headers),
        };
    }

    /// <summary>§3.2 and §4.3.4: the stored response with the 304's fields, or null when a validator of the 304 names another representation.</summary>
    private static StoredResponse? Refresh(OriginResponse response, Flight flight, StoredResponse stored)
    {
        if (response.Headers.First("ETag") is { } tag && !tag.StartsWith("W/", StringComparison.Ordinal) && tag != stored.Head.ETag)
        {
            return null;
        }

        var update = response.Headers.Clone();
        update.RemoveWhere(static line => line.Name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase) && !line.Name.Equals("Content-Location", StringComparison.OrdinalIgnoreCase));
        var headers = stored.Head.Headers.Clone();
        headers.RemoveWhere(line => update.Contains(line.Name));
        foreach (var line in update)
        {
            headers.Add(line.Name, line.Value);
        }

        var directives = ResponseDirectives.Parse(headers);
        var dated = headers.Clone();
        if (!update.Contains("Date"))
        {
            dated.Set("Date", HttpDate.Format(response.ReceivedAt));
        }

        var freshness = FreshnessRules.Of(stored.Head.Status, dated, directives, response.RequestedAt, response.ReceivedAt);
        dated.Remove("Age");
        var head = stored.Head with
        {
            Headers = dated,
            Directives = directives,
            Freshness = freshness,
            ReceivedTimestamp = response.ReceivedTimestamp,
            Began = flight.Began,
            SurrogateKeys = SurrogateKeys.Of(dated),
        };
        return new StoredResponse(head, stored.Body, stored.BodyLength);
    }
}
