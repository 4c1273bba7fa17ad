using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Millrace.Delivery.Keys;
using Millrace.Delivery.Routes;

namespace Millrace.Delivery.Purge;

/// <summary>What a purge names without listing it: all keys of a route, or all that begin with a URL.</summary>
internal sealed class PurgePattern
{
    private const int HeaderBytes = 1 + sizeof(int);

    private readonly RoutePattern? _route;
    private readonly byte[] _prefix = [];

    private PurgePattern(RoutePattern route) => _route = route;

    private PurgePattern(byte[] prefix) => _prefix = prefix;

    public static PurgePattern Everything { get; } = new([]);

    public static PurgePattern OfRoute(RoutePattern route) => new(route);

    public static PurgePattern OfPrefix(CacheKey prefix) => new(prefix.Bytes.ToArray());

    public bool Covers(CacheKey key) => _route?.Covers(key.Authority, key.Path) ?? key.Bytes.StartsWith(_prefix);

    /// <summary>Appends it as <see cref="Read"/> reads it.</summary>
    public void Write(IBufferWriter<byte> into)
    {
        var text = _route is null ? _prefix : Encoding.ASCII.GetBytes(_route.Text);
        var header = into.GetSpan(HeaderBytes);
        header[0] = (byte)(_route is null ? 0 : 1);
        BinaryPrimitives.WriteInt32LittleEndian(header[1..], text.Length);
        into.Advance(HeaderBytes);
        into.Write(text);
    }

    /// <summary>Takes the next one off; a route's that this release cannot read covers everything.</summary>
    public static PurgePattern Read(ref ReadOnlySpan<byte> rest)
    {
        var text = rest.Slice(HeaderBytes, BinaryPrimitives.ReadInt32LittleEndian(rest[1..]));
        var isRoute = rest[0] == 1;
        rest = rest[(HeaderBytes + text.Length)..];
        return !isRoute ? new PurgePattern(text.ToArray())
            : RoutePattern.Parse(Encoding.ASCII.GetString(text), out _) is { } route ? OfRoute(route)
            : Everything;
    }
}
