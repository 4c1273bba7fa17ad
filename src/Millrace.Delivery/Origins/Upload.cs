using System.Buffers.Text;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Origins;

/// <summary>
/// Streams a request's body on through one small buffer, so that the server's pace is the client's. It runs beside the reading of the response, which a
/// server may begin, or even finish, before it has taken everything (RFC 9112 §9.3).
/// </summary>
/// <param name="body">The client's body; without a length it goes in chunks.</param>
/// <param name="connection">Where to.</param>
/// <param name="watch">Deadlines.</param>
/// <param name="response">How long the server may take for its head once it has it all.</param>
/// <param name="idle">How long the server may take for a piece.</param>
#pragma warning disable CA1001 // The source has neither timer nor handle, and may be asked to stop at any time.
internal sealed class Upload(IRequestBody body, OriginConnection connection, OriginWatch watch, TimeSpan response, TimeSpan idle)
#pragma warning restore CA1001
{
    private const int PieceBytes = 16 * 1024;

    /// <summary>A chunk's size in hexadecimal and its line end stand before the data, another line end behind.</summary>
    private const int ChunkHead = 10;
    private const int ChunkEnd = 2;

    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    /// <summary>What was wrong with the client's side.</summary>
    public RequestBodyException? Fault { get; private set; }

    /// <summary>Whether the server has it all.</summary>
    public bool IsDone { get; private set; }

    public void Start(CancellationToken cancellationToken) => _running = RunAsync(cancellationToken);

    /// <summary>Says that the rest is not wanted.</summary>
    public void Stop() => _stop.Cancel();

    /// <summary>Ends it; nobody reads the client's body when this has completed.</summary>
    public Task StopAsync()
    {
        _stop.Cancel();
        return _running;
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stop.Token);
        try
        {
            await CopyAsync(either.Token);
            connection.HeadBy = watch.After(response);
            IsDone = true;
        }
        catch (RequestBodyException fault)
        {
            Fault = fault;
            connection.Close();
        }
        catch (OriginException)
        {
            // The server may have refused the rest and said why: its response, or its absence, tells.
            connection.HeadBy = watch.After(response);
        }
        catch (OperationCanceledException)
        {
            // Stopped, or the caller is gone; either way somebody else says so.
        }
#pragma warning disable CA1031 // The client's stream may fail as it likes; none of it is the server's fault.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Fault = new RequestBodyException(400, e);
            connection.Close();
        }
    }

    private async Task CopyAsync(CancellationToken cancellationToken)
    {
        var buffer = new byte[ChunkHead + PieceBytes + ChunkEnd];
        var left = body.Length ?? long.MaxValue;
        while (true)
        {
            var read = await body.ReadAsync(buffer.AsMemory(ChunkHead, PieceBytes), cancellationToken);
            if (body.Length is not null && (read > left || (read == 0 && left > 0)))
            {
                throw new RequestBodyException(400, new EndOfStreamException("The body has another length than its field says."));
            }

            left -= read;
            var piece = body.Length is null ? Chunk(buffer, read) : buffer.AsMemory(ChunkHead, read);
            if (!piece.IsEmpty)
            {
                await connection.WriteAsync(piece, watch.After(idle), cancellationToken);
            }

            if (read == 0)
            {
                return;
            }
        }
    }

    /// <summary>Frames what was read; an empty piece is the last chunk.</summary>
    private static Memory<byte> Chunk(byte[] buffer, int length)
    {
        Span<byte> digits = stackalloc byte[8];
        Utf8Formatter.TryFormat(length, digits, out var count, new System.Buffers.StandardFormat('x'));
        var start = ChunkHead - ChunkEnd - count;
        digits[..count].CopyTo(buffer.AsSpan(start));
        "\r\n"u8.CopyTo(buffer.AsSpan(ChunkHead - ChunkEnd));
        "\r\n"u8.CopyTo(buffer.AsSpan(ChunkHead + length));
        return buffer.AsMemory(start, count + ChunkEnd + length + ChunkEnd);
    }
}
