using Millrace.Delivery.Keys;
using Millrace.Delivery.Tiers;

namespace Millrace.Delivery.Requests;

/// <summary>
/// The request as an origin sees it, owned by whatever sends it: end-to-end fields and what a proxy adds. It is made when a request goes forward.
/// Everything that decides about storing reads it, because a field that the origin never saw cannot have shaped its answer.
/// </summary>
internal sealed class UpstreamRequest
{
    private readonly byte[] _method;
    private readonly byte[] _authority;
    private readonly byte[] _target;

    private UpstreamRequest(DeliveryRequest request, ReadOnlySpan<byte> target, HeaderList headers, CacheKey? key)
    {
        Key = key;
        Method = request.Method;
        IsSecure = request.IsSecure;
        Tier = request.Tier;
        Headers = headers;
        (_method, _authority, _target) = (request.MethodName.ToArray(), request.Authority.ToArray(), target.ToArray());
    }

    /// <summary>The object that it is about; null when that is nobody's here.</summary>
    public CacheKey? Key { get; }

    public RequestMethod Method { get; }

    public ReadOnlySpan<byte> MethodName => _method;

    /// <summary>Whether the client spoke to us over TLS; how we speak to the origin is the route's affair.</summary>
    public bool IsSecure { get; }

    /// <summary>What the node that it came from told of it; null when it came from a client.</summary>
    public TierHop? Tier { get; }

    /// <summary>Host and port as the client named them, lower case.</summary>
    public ReadOnlySpan<byte> Authority => _authority;

    /// <summary>Raw path and query, as the route has it (<see cref="Routes.TargetRewrite"/>).</summary>
    public ReadOnlySpan<byte> Target => _target;

    public HeaderList Headers { get; }

    /// <summary>Makes the request that goes forward, once the client's fields are stripped (<see cref="UpstreamFields.Strip"/>).</summary>
    /// <param name="request">The client's request.</param>
    /// <param name="target">Its target, as the route has it.</param>
    /// <param name="fields">The fields to send.</param>
    /// <param name="key">The object that it is about.</param>
    public static UpstreamRequest Of(DeliveryRequest request, ReadOnlySpan<byte> target, UpstreamFields fields, CacheKey? key = null) => new(request, target, fields.Build(), key);
}
