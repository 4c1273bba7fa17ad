using System.Buffers;
using System.Text;
using Millrace.Delivery.Tiers;

namespace Millrace.Delivery.Requests;

/// <summary>
/// A guarded request in the core's own terms. One object serves a connection: the front end fills it anew for each request (<see cref="Clear"/>, then the
/// setters), and it stands until the response has ended. What outlives that is an <see cref="UpstreamRequest"/>.
/// </summary>
internal sealed class DeliveryRequest
{
    private bool _isSecure;
    private readonly ArrayBufferWriter<byte> _otherMethod = new(16);
    private readonly ArrayBufferWriter<byte> _authority = new(64);
    private readonly ArrayBufferWriter<byte> _target = new(256);

    public RequestMethod Method { get; private set; }

    public ReadOnlySpan<byte> MethodName => Method == RequestMethod.Other ? _otherMethod.WrittenSpan : Method.Wire();

    /// <summary>Whether the client spoke to us over TLS, or to the peer that it came through (<see cref="ViaSecure"/>).</summary>
    public bool IsSecure
    {
        get => ViaSecure ?? _isSecure;
        set => _isSecure = value;
    }

    /// <summary>How the client spoke to a peer of ours, where one has said so.</summary>
    public bool? ViaSecure { get; set; }

    public ReadOnlySpan<byte> Scheme => IsSecure ? "https"u8 : "http"u8;

    /// <summary>Host and port as the client named them, lower case.</summary>
    public ReadOnlySpan<byte> Authority => _authority.WrittenSpan;

    /// <summary>Raw path and query; begins with a slash.</summary>
    public ReadOnlySpan<byte> Target => _target.WrittenSpan;

    public ReadOnlySpan<byte> Path => Target.IndexOf((byte)'?') is >= 0 and var query ? Target[..query] : Target;

    public HeaderList Headers { get; } = new(32);

    /// <summary>The body to stream on, or null when the request has none.</summary>
    public IRequestBody? Body { get; set; }

    /// <summary>The client's address for X-Forwarded-For, or null when unknown.</summary>
    public string? Client { get; set; }

    public RequestProtocol Protocol { get; set; }

    /// <summary>What another node of this product told of the request; null when it came from a client.</summary>
    public TierHop? Tier { get; set; }

    public bool IsGet => Method == RequestMethod.Get;

    public bool IsHead => Method == RequestMethod.Head;

    /// <summary>Empties all but what the whole connection has in common (<see cref="IsSecure"/>, <see cref="Client"/>, <see cref="Protocol"/>), and keeps the room.</summary>
    public void Clear()
    {
        Method = RequestMethod.Other;
        _otherMethod.ResetWrittenCount();
        _authority.ResetWrittenCount();
        _target.ResetWrittenCount();
        Headers.Clear();
        Body = null;
        (Tier, ViaSecure) = (null, null);
    }

    public void SetMethod(ReadOnlySpan<byte> name)
    {
        Method = MethodNames.Of(name);
        _otherMethod.ResetWrittenCount();
        if (Method == RequestMethod.Other)
        {
            _otherMethod.Write(name);
        }
    }

    /// <summary>Takes host and port over in lower case.</summary>
    public void SetAuthority(ReadOnlySpan<byte> authority)
    {
        _authority.ResetWrittenCount();
        Ascii.ToLower(authority, _authority.GetSpan(authority.Length), out var written);
        _authority.Advance(written);
    }

    public void SetTarget(ReadOnlySpan<byte> target)
    {
        _target.ResetWrittenCount();
        _target.Write(target);
    }
}
