using Millrace.Delivery.Cacheability;
using Millrace.Delivery.Origins;
using Millrace.Delivery.Replies;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Routes;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery.Coalescing;

/// <summary>
/// Gets the slices of large bodies: from memory, from disk, or from the origin by one range request that all who want the slice share and read along. A
/// slice whose readers have all gone is still fetched to its end: that is at most its length, and bounded by the origin's clocks.
/// </summary>
internal sealed class SliceSource(OriginClient origins, MemoryStore store, MemoryAccount account, DiskShelf disk, DeliveryMeters meters, TimeProvider time)
{
    private int _arriving;

    /// <summary>Slices that are on their way here.</summary>
    public int Arriving => Volatile.Read(ref _arriving);

    /// <summary>The slice as it arrives, held for the caller; null when it may not be shared, and its bytes must pass unkept (<see cref="OpenAsync"/>).</summary>
    /// <exception cref="OriginException">The origin failed.</exception>
    /// <exception cref="SliceException">It answered otherwise; where it has another representation by now the object has left the store.</exception>
    public async ValueTask<Slice?> TakeAsync(Exchange exchange, CachedObject stored, int index, CancellationToken cancellationToken)
    {
        var map = stored.Body.Slices!;
        if (exchange.First is { } first && first.Map == map && first.Index == index)
        {
            first.Hold();
            return first;
        }

        if (map.TryHold(index) is { } resident)
        {
            store.Asked(resident);
            return resident;
        }

        var (route, upstream) = (exchange.Route!, exchange.Upstream);
        var slice = await map.JoinOrBegin(index, told => LoadAsync(route, upstream, stored, index, told)).WaitAsync(cancellationToken);
        exchange.LacksSlices |= slice?.IsFetched != false;
        slice?.Hold();
        return slice;
    }

    /// <summary>The origin's answer to a range of the body, checked to be of the same representation. The caller disposes it.</summary>
    /// <exception cref="OriginException">The origin failed.</exception>
    /// <exception cref="SliceException">It answered otherwise; where it has another representation by now the object has left the store.</exception>
    public async ValueTask<OriginResponse> OpenAsync(
        Route route, UpstreamRequest upstream, CachedObject stored, ByteRange range, CancellationToken cancellationToken)
    {
        var response = await origins.SendAsync(route, upstream, OriginFields.ForPart(upstream, range, null, stored.Head.Headers), null, cancellationToken);
        route.ResponseFields.Apply(response.Headers);
        if (response.Status == 206 && ContentRange.Of(response.Headers) is { } came && came.First == range.First && came.Last == range.End - 1
            && Combining.Fits(came, stored.Body.Length, response.ContentLength)
            && Combining.AreOfOneRepresentation(stored.Head.Headers, response.Headers, time.GetUtcNow()))
        {
            return response;
        }

        var reason = ReasonOf(response.Status);
        response.Dispose();
        if (reason == DeliveryReason.Changed)
        {
            Drop(stored);
        }

        throw new SliceException(reason);
    }

    /// <summary>Fills a slice that others may read along, and keeps it; ends when it has arrived.</summary>
    /// <param name="slice">The slice.</param>
    /// <param name="stored">Its object.</param>
    /// <param name="response">The origin's answer, which is disposed.</param>
    /// <param name="began">The monotonic moment at which it was asked for.</param>
    public async Task FillAsync(Slice slice, CachedObject stored, OriginResponse response, long began)
    {
        Interlocked.Increment(ref _arriving);
        slice.Hold();
        try
        {
            using (response)
            {
                while (!slice.IsWhole)
                {
                    var read = await response.ReadAsync(slice.Space, CancellationToken.None);
                    slice.Commit(read > 0 ? read : throw new OriginException(OriginFault.Truncated));
                }
            }

            slice.Cost(time.GetElapsedTime(began));
            store.Put(slice);
            disk.Objects?.Write(stored, slice.Index, slice.Bytes.Span);
            slice.MoveToFile();
        }
        catch (Exception e)
        {
            slice.Fail(e);
            throw;
        }
        finally
        {
            slice.LetGo();
            Interlocked.Decrement(ref _arriving);
        }
    }

    /// <summary>A slice with room for its bytes, held for the caller, or null when the account has none.</summary>
    public Slice? TryBegin(CachedObject stored, int index)
    {
        var map = stored.Body.Slices!;
        var length = map.LengthOf(index);
        if (!account.TryTake(length))
        {
            meters.BoundHit(DeliveryReason.NoRoom);
            return null;
        }

        Slice slice = new(map, index, stored.Hash, account);
        slice.Hold();
        account.Return(length);
        return slice;
    }

    private async Task LoadAsync(Route route, UpstreamRequest upstream, CachedObject stored, int index, TaskCompletionSource<Slice?> told)
    {
        if (TryBegin(stored, index) is not { } slice)
        {
            return;
        }

        Interlocked.Increment(ref _arriving);
        try
        {
            if (await TryRecallAsync(slice))
            {
                store.Put(slice);
                slice.MoveToFile();
                told.TrySetResult(slice);
                return;
            }

            var began = time.GetTimestamp();
            var map = slice.Map;
            var response = await OpenAsync(route, upstream, stored, new ByteRange(map.StartOf(index), map.LengthOf(index)), CancellationToken.None);
            if (!MayKeep(route, upstream, stored, response))
            {
                response.Dispose();
                return;
            }

            slice.IsFetched = true;
            told.TrySetResult(slice);
            await FillAsync(slice, stored, response, began);
        }
        finally
        {
            slice.LetGo();
            Interlocked.Decrement(ref _arriving);
        }
    }

    /// <summary>Each slice is judged like the first: what its answer forbids to keep is not kept, and neither is the object any longer.</summary>
    private bool MayKeep(Route route, UpstreamRequest upstream, CachedObject stored, OriginResponse response)
    {
        var head = ResponseHead.Of(stored.Key, route, 200, PartFill.FieldsOfWhole(response.Headers), upstream.Headers, response.Arrival, stored.Head.Began);
        var reason = StorageRules.Judge(upstream.Headers, head, null, long.MaxValue);
        if (reason != DeliveryReason.None && !StorageRules.IsOfTheRequest(reason))
        {
            Drop(stored);
        }

        return reason == DeliveryReason.None;
    }

    /// <summary>What a refused slice says: of the origin, of the representation, or of the request alone, whose own answer it is.</summary>
    private static DeliveryReason ReasonOf(int status) => status switch
    {
        500 or 502 or 503 or 504 => DeliveryReason.OriginError,
        200 or 206 or 404 or 410 or 416 or (>= 300 and < 400) => DeliveryReason.Changed,
        _ => DeliveryReason.Status,
    };

    private void Drop(CachedObject stored)
    {
        store.Drop(stored.Body.Slices?.Owner ?? stored);
        disk.Objects?.Remove(stored.Key);
    }

    private async ValueTask<bool> TryRecallAsync(Slice slice)
    {
        if (slice.Map.OnDisk is not { } entry || disk.Objects is not { } objects)
        {
            return false;
        }

        using var read = await objects.Tier.ReadSliceAsync(entry, slice.Index, CancellationToken.None);
        if (read is null)
        {
            return false;
        }

        read.Memory.CopyTo(slice.Space);
        slice.Commit(read.Memory.Length);
        return true;
    }
}
