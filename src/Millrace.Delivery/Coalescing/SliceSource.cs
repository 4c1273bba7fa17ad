using Millrace.Delivery.Cacheability;
using Millrace.Delivery.Origins;
using Millrace.Delivery.Replies;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Routes;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery.Coalescing;

/// <summary>
/// Gets the slices of large bodies: from memory, from disk, or from the origin by one range request that all who want the slice share. A slice whose
/// readers have all gone is still fetched to its end: that is at most its length, and bounded by the origin's clocks.
/// </summary>
internal sealed class SliceSource(OriginClient origins, MemoryStore store, MemoryAccount account, DiskShelf disk, DeliveryMeters meters, TimeProvider time)
{
    /// <summary>The slice, held for the caller; null when there is no memory for it, and its bytes must pass unkept (<see cref="OpenAsync"/>).</summary>
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

        var slice = await FetchOnce(exchange.Route!, exchange.Upstream, stored, map, index).WaitAsync(cancellationToken);
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
        var response = await origins.SendAsync(route, upstream, OriginFields.ForPart(upstream, range, stored.Head.Headers), null, cancellationToken);
        route.ResponseFields.Apply(response.Headers);
        if (response.Status == 206 && ContentRange.Of(response.Headers) is { } came && came.First == range.First && came.Last == range.End - 1
            && Combining.Fits(came, stored.Body.Length, response.ContentLength)
            && Combining.AreOfOneRepresentation(stored.Head.Headers, response.Headers, time.GetUtcNow()))
        {
            return response;
        }

        var reason = response.Status is 500 or 502 or 503 or 504 ? DeliveryReason.OriginError : DeliveryReason.Changed;
        response.Dispose();
        if (reason == DeliveryReason.Changed)
        {
            store.Drop(stored.Body.Slices?.Owner ?? stored);
            disk.Objects?.Remove(stored.Key);
        }

        throw new SliceException(reason);
    }

    private Task<Slice?> FetchOnce(Route route, UpstreamRequest upstream, CachedObject stored, SliceMap map, int index) =>
        map.JoinOrBegin(index, () => LoadAsync(route, upstream, stored, map, index));

    private async Task<Slice?> LoadAsync(Route route, UpstreamRequest upstream, CachedObject stored, SliceMap map, int index)
    {
        var length = map.LengthOf(index);
        if (!account.TryTake(length))
        {
            meters.BoundHit(DeliveryReason.NoRoom);
            return null;
        }

        try
        {
            var bytes = await RecallAsync(map, index);
            var isFetched = bytes is null;
            if (bytes is null)
            {
                using var response = await OpenAsync(route, upstream, stored, new ByteRange(map.StartOf(index), length), CancellationToken.None);
                bytes = await ReadAsync(response, length);
                disk.Objects?.Write(stored, index, bytes);
            }

            Slice slice = new(map, index, bytes, stored.Hash, account) { IsFetched = isFetched };
            store.Put(slice);
            return slice;
        }
        finally
        {
            account.Return(length);
        }
    }

    private async ValueTask<byte[]?> RecallAsync(SliceMap map, int index)
    {
        if (map.OnDisk is not { } entry || disk.Objects is not { } objects)
        {
            return null;
        }

        using var read = await objects.Tier.ReadSliceAsync(entry, index, CancellationToken.None);
        return read?.Memory.ToArray();
    }

    /// <summary>Reads exactly so many bytes of a body.</summary>
    /// <exception cref="OriginException">It ended early.</exception>
    public static async ValueTask<byte[]> ReadAsync(OriginResponse response, int length)
    {
        var bytes = GC.AllocateUninitializedArray<byte>(length);
        for (var at = 0; at < length;)
        {
            var read = await response.ReadAsync(bytes.AsMemory(at), CancellationToken.None);
            at += read > 0 ? read : throw new OriginException(OriginFault.Truncated);
        }

        return bytes;
    }
}
