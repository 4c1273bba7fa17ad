using Millrace.Delivery.Cacheability;
using Millrace.Delivery.Keys;
using Millrace.Delivery.Origins;
using Millrace.Delivery.Replies;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Routes;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery.Coalescing;

/// <summary>What a 206 to a request for one slice is good for: the first slice of an object that is then held in slices, or nothing to keep.</summary>
internal sealed class PartFill(DeliveryOptions options, MemoryStore store, MemoryAccount account, SliceSource slices, DiskShelf disk, TimeProvider time)
{
    /// <summary>
    /// The slice to ask for on behalf of a request for ranges: the one that its first range begins in, and the object's first where only the size will tell
    /// (<c>-n</c>); null when it asks for no range.
    /// </summary>
    public static ByteRange? SliceFor(DeliveryRequest request, int sliceBytes)
    {
        if (sliceBytes == 0 || !request.IsGet || request.Headers.CountOf(FieldId.Range) != 1)
        {
            return null;
        }

        // Against a size that no object has, so that only what depends on the size is different.
        Span<ByteRange> ranges = stackalloc ByteRange[RangeSet.Max];
        var field = request.Headers.First(FieldId.Range);
        if (RangeSet.Read(field, long.MaxValue / 2, ranges, out _) != RangeAnswer.Partial)
        {
            return null;
        }

        return new ByteRange(field.IndexOf("=-"u8) >= 0 ? 0 : ranges[0].First / sliceBytes * sliceBytes, sliceBytes);
    }

    /// <summary>The fields of the whole that a part belongs to: its own, but for those that are about the part.</summary>
    public static HeaderList FieldsOfWhole(HeaderList part) => Combining.Combine(new HeaderList(), part);

    /// <summary>
    /// Begins to keep the slice, under the object in slices that is there already or under a new one: what the flight lands with, and the filling, which
    /// disposes the response. Null when it may not be kept.
    /// </summary>
    /// <param name="head">The head of the whole.</param>
    /// <param name="response">The 206.</param>
    /// <param name="asked">The slice that was asked for.</param>
    /// <param name="came">What came.</param>
    /// <param name="stored">The copy that it takes the place of, or null.</param>
    public (FlightResult.Sliced Result, Func<Task> Fill)? TryKeep(ResponseHead head, OriginResponse response, ByteRange asked, ContentRange came, CachedObject? stored)
    {
        var size = came.Size!.Value;
        if (came.First != asked.First || came.Last != Math.Min(asked.End, size) - 1 || !SliceMap.CanHold(size, options.SliceBytes)
            || !Combining.AreOfOneRepresentation(head.Headers, response.Headers, time.GetUtcNow()))
        {
            return null;
        }

        var whole = WholeOf(head, size, stored, out var isNew);
        var map = whole.Body.Slices!;
        var index = map.IndexOf(asked.First);
        if (slices.TryBegin(whole, index) is not { } slice)
        {
            return null;
        }

        Put(whole, isNew, stored);
        return (new FlightResult.Sliced(whole, slice), FillAsync);

        Task FillAsync()
        {
            Task? filling = null;
            _ = map.JoinOrBegin(index, told =>
            {
                told.TrySetResult(slice);
                return filling = slices.FillAsync(slice, whole, response, head.AskedTimestamp);
            });

            // Another has begun it meanwhile: this one is for those who wait for it.
            return filling ?? slices.FillAsync(slice, whole, response, head.AskedTimestamp);
        }
    }

    /// <summary>The object that the slice is of: the one that another slice has begun meanwhile, the copy under its new head, or a new one.</summary>
    private CachedObject WholeOf(ResponseHead head, long size, CachedObject? stored, out bool isNew)
    {
        var held = store.FindSame(head);
        isNew = held?.Body.Slices is not { } map || map.Length != size || map.SliceBytes != options.SliceBytes
            || !Combining.AreOfOneRepresentation(held.Head.Headers, head.Headers, time.GetUtcNow());
        return isNew ? new CachedObject(head, ObjectBody.Of(new SliceMap(size, options.SliceBytes)), account)
            : held == stored ? new CachedObject(head, held!)
            : held!;
    }

    private void Put(CachedObject whole, bool isNew, CachedObject? stored)
    {
        if (whole.IsStored)
        {
            return;
        }

        store.Put(whole, out var isVoid, supersedes: stored);
        if (isNew && !isVoid)
        {
            disk.Objects?.Begin(whole);
        }
        else if (!isVoid)
        {
            disk.Objects?.Renew(whole);
        }
    }
}
