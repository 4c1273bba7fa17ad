using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Millrace.Delivery.FrontEnd;

/// <summary>Writes to a connection's pipe: to TLS.</summary>
internal sealed class PipeOutput(PipeWriter pipe, PeerClock clock) : ConnectionOutput
{
    /// <summary>What may be gathered before it has to leave.</summary>
    private const int FlushBytes = 64 * 1024;

    public override Span<byte> GetSpan(int size) => pipe.GetSpan(size);

    public override void Advance(int count) => pipe.Advance(count);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> data)
    {
        while (data.Length > FlushBytes)
        {
            var written = WritePieceAsync(data[..FlushBytes]);
            data = data[FlushBytes..];
            if (!written.IsCompletedSuccessfully)
            {
                return WriteOnAsync(written, data);
            }
        }

        return WritePieceAsync(data);
    }

    public override ValueTask FlushAsync()
    {
        if (pipe.UnflushedBytes == 0)
        {
            return default;
        }

        var bytes = (int)pipe.UnflushedBytes;
        var flushed = pipe.FlushAsync(CancellationToken.None);
        return !flushed.IsCompletedSuccessfully ? WaitAsync(flushed, bytes) : flushed.Result.IsCompleted ? ValueTask.FromException(Gone(null)) : default;
    }

    private ValueTask WritePieceAsync(ReadOnlyMemory<byte> piece)
    {
        System.Buffers.BuffersExtensions.Write(pipe, piece.Span);
        return pipe.UnflushedBytes < FlushBytes ? default : FlushAsync();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WriteOnAsync(ValueTask written, ReadOnlyMemory<byte> rest)
    {
        await written;
        await WriteAsync(rest);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WaitAsync(ValueTask<FlushResult> flushed, int bytes)
    {
        clock.BeginSending(bytes);
        try
        {
            if ((await flushed).IsCompleted)
            {
                throw Gone(null);
            }
        }
        catch (Exception e) when (e is not IOException)
        {
            throw Gone(e);
        }
        finally
        {
            clock.EndSending();
        }
    }

    private static IOException Gone(Exception? inner) => new("The connection is gone.", inner);
}
