using System.Buffers;
using System.Runtime.CompilerServices;
using Millrace.Delivery.Coalescing;
using Millrace.Delivery.Origins;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery.Replies;

/// <summary>Writes a part of a complete body, from memory or slice by slice.</summary>
internal sealed class BodyWriter(SliceSource slices)
{
    private const int ThroughBytes = 16 * 1024;

    /// <summary>Makes sure of the first slice of a part before a head promises it: its origin may have changed, or be away.</summary>
    /// <exception cref="OriginException">The slice cannot be had; nothing has been said yet.</exception>
    public async ValueTask BeginAsync(Exchange exchange, CachedObject stored, ByteRange range, CancellationToken cancellationToken)
    {
        if (stored.Body.Slices is { } map && range.Length > 0 && await slices.TakeAsync(exchange, stored, map.IndexOf(range.First), cancellationToken) is { } first)
        {
            exchange.Take(first);
        }
    }

    public ValueTask WriteAsync(Exchange exchange, CachedObject stored, ByteRange range, CancellationToken cancellationToken) =>
        stored.Body.Slices is { } map
            ? InSlicesAsync(exchange, stored, map, range, cancellationToken)
            : WholeAsync(exchange, stored.Body.Pieces, range.First, range.Length, cancellationToken);

    /// <summary>Streams an origin's body, or a part of it, through one buffer.</summary>
    public static async ValueTask ThroughAsync(Exchange exchange, OriginResponse response, long skip, long length, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(ThroughBytes);
        try
        {
            while (length > 0)
            {
                var reading = response.ReadAsync(buffer, cancellationToken);
                if (!reading.IsCompleted)
                {
                    // Before waiting for the origin's next bytes, lets the client have what is here: the head above all.
                    await exchange.FlushAsync(cancellationToken);
                }

                var read = await reading;
                if (read == 0)
                {
                    return;
                }

                var skipped = (int)Math.Min(skip, read);
                var kept = (int)Math.Min(read - skipped, length);
                skip -= skipped;
                length -= kept;
                if (kept > 0)
                {
                    await exchange.WriteAsync(buffer.AsMemory(skipped, kept), cancellationToken);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async ValueTask InSlicesAsync(Exchange exchange, CachedObject stored, SliceMap map, ByteRange range, CancellationToken cancellationToken)
    {
        while (range.Length > 0)
        {
            var index = map.IndexOf(range.First);
            var within = (int)(range.First - map.StartOf(index));
            var length = (int)Math.Min(map.LengthOf(index) - within, range.Length);
            var taking = slices.TakeAsync(exchange, stored, index, cancellationToken);
            if (!taking.IsCompleted)
            {
                await exchange.FlushAsync(cancellationToken);
            }

            if (await taking is { } slice)
            {
                try
                {
                    await exchange.WriteAsync(slice.Bytes.Slice(within, length), cancellationToken);
                }
                finally
                {
                    slice.LetGo();
                }
            }
            else
            {
                using var response = await slices.OpenAsync(exchange.Route!, exchange.Upstream, stored, range with { Length = length }, cancellationToken);
                await ThroughAsync(exchange, response, 0, length, cancellationToken);
            }

            range = new ByteRange(range.First + length, range.Length - length);
        }
    }

    /// <summary>The pieces that a part takes whole go in one call, and those that it begins and ends within in one each.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private static async ValueTask WholeAsync(Exchange exchange, ReadOnlyMemory<byte>[] pieces, long first, long length, CancellationToken cancellationToken)
    {
        var at = 0;
        while (first >= pieces[at].Length)
        {
            first -= pieces[at++].Length;
        }

        while (length > 0)
        {
            if (first > 0 || length < pieces[at].Length)
            {
                var piece = pieces[at++].Slice((int)first, (int)Math.Min(pieces[at - 1].Length - first, length));
                first = 0;
                length -= piece.Length;
                await exchange.WriteAsync(piece, cancellationToken);
                continue;
            }

            var (from, bytes) = (at, 0L);
            while (at < pieces.Length && pieces[at].Length <= length - bytes)
            {
                bytes += pieces[at++].Length;
            }

            length -= bytes;
            await (at - from == 1 ? exchange.WriteAsync(pieces[from], cancellationToken) : exchange.WriteAsync(pieces.AsMemory(from, at - from), bytes, cancellationToken));
        }
    }
}
