using System.Text;
using Millrace.Delivery.Origins;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Replies;

/// <summary>This cache's name in the forms that fields take it in.</summary>
internal sealed class CacheName(string name, string? instance = null)
{
    private readonly byte[] _wire = Encoding.Latin1.GetBytes(name);
    private readonly byte[] _via = Encoding.Latin1.GetBytes($"1.1 {name}");

    public string Text => name;

    /// <summary>What this node is known by in CDN-Loop.</summary>
    public string Loop { get; } = OriginFields.LoopId(name, instance);

    /// <summary>Adds what every response says about its way through here: Cache-Status (RFC 9211) and Via (RFC 9110 §7.6.3).</summary>
    /// <param name="headers">The response's fields.</param>
    /// <param name="status">What this cache did.</param>
    /// <param name="key">The key, where the route shows it; else empty.</param>
    public void Sign(HeaderList headers, in CacheStatus status, ReadOnlySpan<byte> key)
    {
        Span<byte> member = stackalloc byte[CacheStatus.RoomFor(_wire, key)];
        headers.Add(FieldId.CacheStatus, member[..status.Write(member, _wire, key)]);
        headers.Add(FieldId.Via, _via);
    }
}
