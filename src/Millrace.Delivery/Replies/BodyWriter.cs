using System.Buffers;
using System.Runtime.CompilerServices;
using Millrace.Delivery.Origins;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery.Replies;

/// <summary>Writes a part of a complete body, from memory or slice by slice.</summary>
internal sealed class BodyWriter(SliceWriter slices)
{
    private const int ThroughBytes = 16 * 1024;

    public ValueTask WriteAsync(Exchange exchange, CachedObject stored, ByteRange range, CancellationToken cancellationToken) =>
        stored.Body.Slices is not null
            ? slices.WriteAsync(exchange, stored, range, cancellationToken)
            : WholeAsync(exchange, stored.Body.Pieces, range.First, range.Length, cancellationToken);

    /// <summary>Streams an origin's body, or a part of it, through one buffer; false when the body ended before so many bytes.</summary>
    public static async ValueTask<bool> ThroughAsync(Exchange exchange, OriginResponse response, long skip, long length, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(ThroughBytes);
        var isBeingFilled = false;
        try
        {
            while (length > 0)
            {
                var reading = response.ReadAsync(buffer, cancellationToken);
                if (!reading.IsCompleted)
                {
                    // Before waiting for the origin's next bytes, lets the client have what is here: the head above all.
                    isBeingFilled = true;
                    await exchange.FlushAsync(cancellationToken);
                }

                var read = await reading;
                isBeingFilled = false;
                if (read == 0)
                {
                    return false;
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

            return true;
        }
        finally
        {
            // The client has left while the origin's bytes may yet come here: nobody else may have the room.
            if (!isBeingFilled)
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
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
