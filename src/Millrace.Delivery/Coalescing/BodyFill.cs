using Millrace.Delivery.Cacheability;
using Millrace.Delivery.Origins;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery.Coalescing;

/// <summary>Fills an object's body from its origin while others read along, and keeps it: in memory, on disk, or both.</summary>
internal sealed class BodyFill(MemoryStore store, MemoryAccount account, FlightTable flights, PassMarks marks, DiskShelf disk, DeliveryMeters meters, TimeProvider time)
{
    /// <summary>Runs to the end of the body.</summary>
    /// <param name="flight">The flight, which lands here.</param>
    /// <param name="response">The origin's response, which is disposed.</param>
    /// <param name="head">The object's head.</param>
    /// <param name="body">Room for the body.</param>
    /// <param name="stored">The copy that it takes the place of, or null.</param>
    /// <param name="maxBytes">The largest body that is kept in memory.</param>
    public async Task RunAsync(Flight flight, OriginResponse response, ResponseHead head, Filling body, CachedObject? stored, long maxBytes)
    {
        using var owned = response;
        using DiskPassage passage = new(disk.Objects, head, body);
        CachedObject arriving = new(head, ObjectBody.Busy(body), account);
        body.MayLeaveBehind = body.Expected is not null && head.Status == 200 && Combining.AreOfOneRepresentation(head.Headers, head.Headers, head.Date);
        flight.Land(new FlightResult.Arriving(arriving, body.Open()!) { Excepted = head.Directives.ExceptedOf(response.Headers) });
        try
        {
            var whole = await ReadAsync(flight, response, body, passage, maxBytes);
            Keep(arriving, body, whole ? passage : null, stored, maxBytes);
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

    /// <summary>Takes a copy out of both tiers.</summary>
    public void Drop(CachedObject? stored)
    {
        store.Drop(stored);
        if (stored is not null)
        {
            disk.Objects?.Remove(stored.Key);
        }
    }

    /// <summary>Reads to the end; false when all readers of a window have gone before it.</summary>
    private async ValueTask<bool> ReadAsync(Flight flight, OriginResponse response, Filling body, DiskPassage passage, long maxBytes)
    {
        var expected = body.Expected;
        while (expected != body.Length)
        {
            var space = body.Space();
            var read = await response.ReadAsync(space, flight.Token);
            if (read == 0)
            {
                return expected is null ? true : throw new OriginException(OriginFault.Truncated);
            }

            body.Commit(read);
            passage.Append(space.Span[..read]);
            if (!body.IsWindow && (body.Length > maxBytes || expected > maxBytes))
            {
                passage.Begin();
                body.MakeWindow();
            }

            if (body.IsWindow)
            {
                flights.Remove(flight);
                if (!body.HasReaders && expected != body.Length)
                {
                    return false;
                }

                await body.WaitForRoomAsync(time, flight.Token);
            }
        }

        return true;
    }

    private void Keep(CachedObject arriving, Filling body, DiskPassage? passage, CachedObject? stored, long maxBytes)
    {
        if (!body.IsWindow)
        {
            arriving.Complete(arriving.Head.AskedTimestamp is not 0 and var asked ? time.GetElapsedTime(asked) : null);
            if (store.Put(arriving, out var isVoid, supersedes: stored) && !arriving.Body.MoveToFile())
            {
                body.HandOver(arriving);
            }

            if (!isVoid)
            {
                disk.Objects?.Write(arriving);
            }

            return;
        }

        if (passage?.TryEnd() == true)
        {
            store.Drop(stored);
            return;
        }

        Drop(stored);
        var reason = body.Length > maxBytes ? DeliveryReason.TooLarge : DeliveryReason.NoRoom;
        meters.BoundHit(reason);
        if (disk.Objects is null)
        {
            // Its length was not known before: the next one is told, and does not let others wait for it.
            marks.Set(arriving.Key, reason);
        }
    }
}
