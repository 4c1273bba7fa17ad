using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Millrace.Delivery.FrontEnd;

/// <summary>Counts open connections, in all and by client, and says when one too many comes.</summary>
internal sealed class ClientTable(FrontDoorOptions options)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<UInt128, int> _byClient = [];
    private int _all;

    /// <summary>Connections that are open now.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _all;
            }
        }
    }

    /// <summary>Takes a connection in; false when there are too many. One that is taken in must <see cref="Leave"/>.</summary>
    public bool TryEnter(EndPoint? client)
    {
        var key = Key(client);
        lock (_lock)
        {
            _byClient.TryGetValue(key, out var count);
            if (_all >= options.MaxConnections || count >= options.MaxConnectionsPerClient)
            {
                return false;
            }

            _byClient[key] = count + 1;
            _all++;
            return true;
        }
    }

    public void Leave(EndPoint? client)
    {
        var key = Key(client);
        lock (_lock)
        {
            _all--;
            if (--_byClient[key] is var left && left == 0)
            {
                _byClient.Remove(key);
            }
        }
    }

    /// <summary>An IPv4 address, or the /64 of an IPv6 one: what one client is given.</summary>
    private static UInt128 Key(EndPoint? client)
    {
        if (client is not IPEndPoint { Address: var address })
        {
            return 0;
        }

        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        address.TryWriteBytes(bytes, out _);
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            bytes[8..].Clear();
        }

        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }
}
