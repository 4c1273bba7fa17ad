using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Millrace.Delivery.FrontEnd;

/// <summary>Sends pieces from where they lie: by one call where the socket takes them, and past it only what has to wait.</summary>
/// <param name="output">Where to, for what has to wait.</param>
/// <param name="socket">Where to, for what need not; null where bytes must pass the output (TLS).</param>
internal sealed class Http2Wire(ConnectionOutput output, Socket? socket)
{
    private readonly Socket? _socket = SocketGather.IsSupported ? socket : null;
    private int _sent;

    /// <summary>What is to be sent, in its order; the sending empties it.</summary>
    public List<ReadOnlyMemory<byte>> Pieces { get; } = [];

    /// <summary>Sends all pieces; they may be used again when this completes.</summary>
    /// <exception cref="IOException">The connection is gone.</exception>
    public ValueTask SendAsync()
    {
        _sent = 0;
        if (!SendAtOnce())
        {
            return SendWaitingAsync();
        }

        Pieces.Clear();
        return default;
    }

    /// <summary>Sends what the socket takes without waiting; true when that was all.</summary>
    private bool SendAtOnce()
    {
        while (_socket is not null && _sent < Pieces.Count)
        {
            var taken = SocketGather.TrySend(_socket, CollectionsMarshal.AsSpan(Pieces)[_sent..]);
            if (taken == 0)
            {
                return false;
            }

            for (; _sent < Pieces.Count && taken >= Pieces[_sent].Length; _sent++)
            {
                taken -= Pieces[_sent].Length;
            }

            if (taken > 0)
            {
                Pieces[_sent] = Pieces[_sent][(int)taken..];
            }
        }

        return _sent == Pieces.Count;
    }

    private async ValueTask SendWaitingAsync()
    {
        do
        {
            await output.WriteAsync(Pieces[_sent++]);
            if (_socket is not null || _sent == Pieces.Count)
            {
                await output.FlushAsync();
            }
        }
        while (!SendAtOnce());

        Pieces.Clear();
    }
}
