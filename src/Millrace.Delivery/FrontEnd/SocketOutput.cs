using System.Buffers;
using System.Net.Sockets;

namespace Millrace.Delivery.FrontEnd;

/// <summary>
/// Writes to a cleartext connection's socket itself, past the transport's pipe: a stored body is sent from the store's memory. The buffer is rented
/// while it holds something, so that an idle connection keeps none.
/// </summary>
internal sealed class SocketOutput(Socket socket, PeerClock clock) : ConnectionOutput, IDisposable
{
    /// <summary>A head and a body up to this size leave by one system call; copying so much costs less than a second call.</summary>
    private const int BufferBytes = 32 * 1024;

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

        return _used == 0 ? SendAsync(data) : FlushThenSendAsync(data);
    }

    public override ValueTask FlushAsync()
    {
        if (_used == 0)
        {
            return default;
        }

        var sent = SendAsync(_buffer.AsMemory(0, _used));
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

    private async ValueTask FlushThenSendAsync(ReadOnlyMemory<byte> data)
    {
        await FlushAsync();
        await WriteAsync(data);
    }

    private async ValueTask FinishAsync(ValueTask sent)
    {
        await sent;
        Dispose();
    }

    private ValueTask SendAsync(ReadOnlyMemory<byte> data)
    {
        try
        {
            var sent = socket.SendAsync(data, SocketFlags.None, CancellationToken.None);
            if (!sent.IsCompletedSuccessfully)
            {
                return WaitAsync(sent, data.Length);
            }

            sent.GetAwaiter().GetResult();
            return default;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return ValueTask.FromException(new IOException("The connection is gone.", e));
        }
    }

    private async ValueTask WaitAsync(ValueTask<int> sent, int bytes)
    {
        clock.BeginSending(bytes);
        try
        {
            await sent;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            throw new IOException("The connection is gone.", e);
        }
        finally
        {
            clock.EndSending();
        }
    }

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
