using Millrace.Delivery.Coalescing;
using Millrace.Delivery.Origins;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery.Replies;

/// <summary>Writes a part of a body in slices: each as it arrives, and while it is sent the next one is fetched already.</summary>
internal sealed class SliceWriter(SliceSource slices)
{
    /// <summary>Makes sure of the first slice of a part before a head promises it: its origin may have changed, or be away.</summary>
    /// <exception cref="OriginException">The slice cannot be had; nothing has been said yet.</exception>
    /// <exception cref="SliceException">Nor can it by its origin's answer.</exception>
    public async ValueTask BeginAsync(Exchange exchange, CachedObject stored, ByteRange range, CancellationToken cancellationToken)
    {
        if (stored.Body.Slices is { } map && range.Length > 0 && await slices.TakeAsync(exchange, stored, map.IndexOf(range.First), cancellationToken) is { } first)
        {
            exchange.Take(first);
        }
    }

    public async ValueTask WriteAsync(Exchange exchange, CachedObject stored, ByteRange range, CancellationToken cancellationToken)
    {
        var map = stored.Body.Slices!;
        Task<Slice?>? taking = null;
        try
        {
            while (range.Length > 0)
            {
                var index = map.IndexOf(range.First);
                var from = (int)(range.First - map.StartOf(index));
                var end = (int)Math.Min(map.LengthOf(index), from + range.Length);
                taking ??= slices.TakeAsync(exchange, stored, index, cancellationToken).AsTask();
                if (!taking.IsCompleted)
                {
                    await exchange.FlushAsync(cancellationToken);
                }

                var slice = await taking;
                taking = null;
                range = new ByteRange(range.First + end - from, range.Length - end + from);
                if (slice is null)
                {
                    await ThroughAsync(exchange, stored, new ByteRange(map.StartOf(index) + from, end - from), cancellationToken);
                    continue;
                }

                try
                {
                    // One ahead, of what was asked for: who leaves has cost the origin a slice at most.
                    taking = range.Length > 0 ? slices.TakeAsync(exchange, stored, index + 1, cancellationToken).AsTask() : null;
                    await WriteAsync(exchange, slice, from, end, cancellationToken);
                }
                finally
                {
                    slice.LetGo();
                }
            }
        }
        finally
        {
            if (taking is not null)
            {
                _ = LetGoAsync(taking);
            }
        }
    }

    /// <summary>Streams a part of a body from its origin, past everybody else.</summary>
    /// <exception cref="OriginException">The origin failed.</exception>
    /// <exception cref="SliceException">It answered otherwise.</exception>
    public async ValueTask ThroughAsync(Exchange exchange, CachedObject stored, ByteRange range, CancellationToken cancellationToken)
    {
        using var response = await slices.OpenAsync(exchange.Route!, exchange.Upstream, stored, range, cancellationToken);
        if (!await BodyWriter.ThroughAsync(exchange, response, 0, range.Length, cancellationToken))
        {
            throw new OriginException(OriginFault.Truncated);
        }
    }

    private static async ValueTask WriteAsync(Exchange exchange, Slice slice, int from, int end, CancellationToken cancellationToken)
    {
        while (from < end)
        {
            var reading = slice.ReadAsync(from, end, cancellationToken);
            if (!reading.IsCompleted)
            {
                await exchange.FlushAsync(cancellationToken);
            }

            var piece = await reading;
            await exchange.WriteAsync(piece, cancellationToken);
            from += piece.Length;
        }
    }

    /// <summary>Lets go of a slice that was taken ahead of a reader who has left.</summary>
    private static async Task LetGoAsync(Task<Slice?> taking)
    {
        try
        {
            (await taking)?.LetGo();
        }
#pragma warning disable CA1031 // The reader is gone: nobody need know why there was no slice for it.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }
}
