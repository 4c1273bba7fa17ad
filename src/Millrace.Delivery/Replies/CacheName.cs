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
    public void Sign(HeaderList headers, in CacheStatus status)
    {
        Span<byte> member = stackalloc byte[_wire.Length + CacheStatus.MaxBytes];
        headers.Add(FieldId.CacheStatus, member[..status.Write(member, _wire)]);
        headers.Add(FieldId.Via, _via);
    }
}
