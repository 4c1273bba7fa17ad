using Millrace.Delivery.Cacheability;
using Millrace.Delivery.Keys;
using Millrace.Delivery.Origins;
using Millrace.Delivery.Replies;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Routes;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery.Coalescing;

/// <summary>What a 206 to a request for one slice is good for: the first slice of an object that is then held in slices, or nothing to keep.</summary>
internal sealed class PartFill(DeliveryOptions options, MemoryStore store, MemoryAccount account, DiskShelf disk, DeliveryMeters meters, TimeProvider time)
{
    /// <summary>The slice that a request's range begins in; null when it asks for anything but one range whose beginning it names.</summary>
    public static ByteRange? SliceFor(DeliveryRequest request, int sliceBytes)
    {
        if (sliceBytes == 0 || !request.IsGet || request.Headers.CountOf(FieldId.Range) != 1 || request.Headers.Contains(FieldId.IfRange))
        {
            return null;
        }

        // Against a size that no object has, so that only what depends on the size is different.
        Span<ByteRange> ranges = stackalloc ByteRange[RangeSet.Max];
        var field = request.Headers.First(FieldId.Range);
        return RangeSet.Read(field, long.MaxValue / 2, ranges, out var count) == RangeAnswer.Partial && count == 1 && field.IndexOf("=-"u8) < 0
            ? new ByteRange(ranges[0].First / sliceBytes * sliceBytes, sliceBytes)
            : null;
    }

    /// <summary>The fields of the whole that a part belongs to: its own, but for those that are about the part.</summary>
    public static HeaderList FieldsOfWhole(HeaderList part)
    {
        HeaderList headers = Combining.Combine(new HeaderList(), part);
        headers.Remove(FieldId.ContentRange);
        return headers;
    }

    /// <summary>Keeps the slice, under the object in slices that is there already or under a new one; null when it may not be kept.</summary>
    /// <param name="head">The head of the whole.</param>
    /// <param name="response">The 206; its body is read to the end when the slice is kept.</param>
    /// <param name="asked">The slice that was asked for.</param>
    /// <param name="came">What came.</param>
    public async ValueTask<FlightResult.Sliced?> TryKeepAsync(ResponseHead head, OriginResponse response, ByteRange asked, ContentRange came)
    {
        var size = came.Size!.Value;
        if (came.First != asked.First || came.Last != Math.Min(asked.End, size) - 1 || !Combining.AreOfOneRepresentation(head.Headers, response.Headers, time.GetUtcNow()))
        {
            return null;
        }

        var length = (int)came.Length;
        if (!account.TryTake(length))
        {
            meters.BoundHit(DeliveryReason.NoRoom);
            return null;
        }

        try
        {
            var bytes = await SliceSource.ReadAsync(response, length);
            var whole = Begin(head, size);
            Slice slice = new(whole.Body.Slices!, whole.Body.Slices!.IndexOf(asked.First), bytes, head.Key.ShortHash, account);
            slice.Hold();
            store.Put(slice);
            disk.Objects?.Write(whole, slice.Index, bytes);
            return new FlightResult.Sliced(whole, slice);
        }
        finally
        {
            account.Return(length);
        }
    }

    /// <summary>The object that the slice is of: the one that another slice has begun meanwhile, or a new one.</summary>
    private CachedObject Begin(ResponseHead head, long size)
    {
        if (store.FindSame(head) is { Body.Slices: { } map } held && map.Length == size && map.SliceBytes == options.SliceBytes
            && Combining.AreOfOneRepresentation(held.Head.Headers, head.Headers, time.GetUtcNow()))
        {
            return held;
        }

        CachedObject whole = new(head, ObjectBody.Of(new SliceMap(size, options.SliceBytes)), account);
        store.Put(whole);
        disk.Objects?.Begin(whole);
        return whole;
    }
}
