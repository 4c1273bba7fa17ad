using Millrace.Delivery.Origins;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery.Coalescing;

/// <summary>What the head of a shared origin request turned out to be.</summary>
internal abstract record FlightResult
{
    private FlightResult()
    {
    }

    /// <summary>Storable: everyone whom it matches streams from it.</summary>
    public sealed record Arriving(ResponseHead Head, SharedBody Body, bool Stored) : FlightResult;

    /// <summary>The store has it, by 304 or because it came in meanwhile.</summary>
    public sealed record Held(StoredResponse Response, bool Revalidated) : FlightResult;

    /// <summary>Not for sharing: the leader takes it, the others go themselves.</summary>
    public sealed record Alone(OriginResponse Response, DeliveryReason Reason) : FlightResult;

    /// <summary>The origin failed; status is its own when it gave one.</summary>
    public sealed record Failed(DeliveryReason Reason, int? OriginStatus) : FlightResult;
}
