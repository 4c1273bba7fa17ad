using System.Buffers;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery.FrontEnd;

/// <summary>
/// Writes to a cleartext connection's socket itself, past the transport's pipe: a stored body is sent from the store's memory. The buffer is rented
/// while it holds something, so that an idle connection keeps none.
/// </summary>
internal sealed class SocketOutput(Socket socket, PeerClock clock) : ConnectionOutput, IDisposable
{
    /// <summary>A head and a body up to this size leave by one system call; copying so much costs less than a second call.</summary>
    private const int BufferBytes = 32 * 1024;

    /// <summary>What the runtime sends when the kernel is full.</summary>
    private const int WaitBytes = 4 * 1024;

    /// <summary>The same where only the runtime can send.</summary>
    private const int PieceBytes = 64 * 1024;

    private byte[] _buffer = [];
    private int _used;

    public override Span<byte> GetSpan(int size)
    {
        if (_buffer.Length - _used < size)
        {
            Grow(_used + size);
        }

        return _buffer.AsSpan(_used);
    }

    public override void Advance(int count) => _used += count;

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> data)
    {
        if (_used + data.Length <= BufferBytes)
        {
            Write(data.Span);
            return default;
        }

        return _used == 0 ? SendAsync(data, more: false) : FlushThenSendAsync(data);
    }

    public override ValueTask FlushAsync()
    {
        if (_used == 0)
        {
            return default;
        }

        var sent = SendAsync(_buffer.AsMemory(0, _used), more: false);
        if (!sent.IsCompletedSuccessfully)
        {
            return FinishAsync(sent);
        }

        Dispose();
        return default;
    }

    /// <summary>Gives the buffer back, with what it holds.</summary>
    public void Dispose()
    {
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = [];
        }

        _used = 0;
    }

    private ValueTask FlushThenSendAsync(ReadOnlyMemory<byte> data)
    {
        var sent = SendAsync(_buffer.AsMemory(0, _used), more: true);
        if (!sent.IsCompletedSuccessfully)
        {
            return FinishThenSendAsync(sent, data);
        }

        Dispose();
        return SendAsync(data, more: false);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask FinishThenSendAsync(ValueTask sent, ReadOnlyMemory<byte> data)
    {
        await FinishAsync(sent);
        await SendAsync(data, more: false);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask FinishAsync(ValueTask sent)
    {
        await sent;
        Dispose();
    }

    private ValueTask SendAsync(ReadOnlyMemory<byte> data, bool more)
    {
        try
        {
            var taken = Give(data, more);
            return taken == data.Length ? default : WaitAsync(data[taken..]);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return ValueTask.FromException(Gone(e));
        }
    }

    /// <summary>Gives the kernel what it takes at once, and returns how much that was. A body in a file is not copied.</summary>
    private int Give(ReadOnlyMemory<byte> data, bool more)
    {
        var given = 0;
        var file = MemoryFile.Of(data, out var offset);
        while (KernelSend.IsSupported && given < data.Length)
        {
            var taken = file is null
                ? KernelSend.Send(socket, data.Span[given..], more)
                : KernelSend.SendFile(socket, file.Handle, offset + given, data.Length - given);
            if (taken == 0)
            {
                break;
            }

            given += taken;
        }

        return given;
    }

    /// <summary>Waits for room again and again. The runtime tells of room only by sending: what it sends is small, so that the rest goes the cheaper way.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WaitAsync(ReadOnlyMemory<byte> rest)
    {
        try
        {
            while (!rest.IsEmpty)
            {
                var piece = rest[..Math.Min(rest.Length, KernelSend.IsSupported ? WaitBytes : PieceBytes)];
                clock.BeginSending(piece.Length);
                try
                {
                    await socket.SendAsync(piece, SocketFlags.None, CancellationToken.None);
                }
                finally
                {
                    clock.EndSending();
                }

                rest = rest[piece.Length..];
                rest = rest[Give(rest, more: false)..];
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            throw Gone(e);
        }
    }

    private static IOException Gone(Exception inner) => new("The connection is gone.", inner);

    private void Grow(int size)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(size, BufferBytes));
        _buffer.AsSpan(0, _used).CopyTo(larger);
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }

        _buffer = larger;
    }
}
