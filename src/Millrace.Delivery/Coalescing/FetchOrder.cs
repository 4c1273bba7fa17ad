using Millrace.Delivery.Keys;
using Millrace.Delivery.Replies;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Routes;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery.Coalescing;

/// <summary>What a flight asks its origin for.</summary>
/// <param name="Route">Whose origin is asked.</param>
/// <param name="Upstream">The request as the origin sees it.</param>
/// <param name="Key">The object's key.</param>
internal sealed record FetchOrder(Route Route, UpstreamRequest Upstream, CacheKey Key)
{
    /// <summary>The copy to validate, or null.</summary>
    public CachedObject? Stored { get; init; }

    /// <summary>The slice to ask for in place of the whole, or null.</summary>
    public ByteRange? Part { get; init; }

    /// <summary>Whether the client's own conditions go along, since its object was lately found unshareable: an answer to them is its alone.</summary>
    public bool AsItCame { get; init; }

    /// <summary>Whether the answer comes in a coding that this client likes, though its route asks for none on behalf of all.</summary>
    public bool InClientsCoding { get; init; }
}
