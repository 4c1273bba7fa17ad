using Millrace.Delivery.Origins;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery.Coalescing;

/// <summary>What the head of a shared origin request turned out to be.</summary>
internal abstract record FlightResult
{
    private FlightResult()
    {
    }

    /// <summary>Lets go what only the leader could have used; called once the leader has left.</summary>
    public virtual void LeaderLeft()
    {
    }

    /// <summary>Storable: everyone whom it matches streams from it. The leader's reader stands open from the first byte, so that it cannot miss any.</summary>
    public sealed record Arriving(CachedObject Object, Filling.Reader Leader) : FlightResult
    {
        /// <summary>Fields that the response keeps from all but the leader, or null.</summary>
        public HeaderList? Excepted { get; init; }

        public override void LeaderLeft() => Leader.Dispose();
    }

    /// <summary>The store has it, by 304 or because it came in meanwhile.</summary>
    public sealed record Held(CachedObject Response, bool Revalidated) : FlightResult
    {
        /// <summary>Fields that the 304 keeps from all but the leader, or null.</summary>
        public HeaderList? Excepted { get; init; }
    }

    /// <summary>An object in slices, with the slice that the flight was for; held for whoever the flight still owes an answer.</summary>
    public sealed record Sliced(CachedObject Response, Slice First) : FlightResult
    {
        public override void LeaderLeft() => First.LetGo();
    }

    /// <summary>The stored bytes under a 304 that may not be kept: the leader's alone.</summary>
    public sealed record Own(CachedObject Response, DeliveryReason Reason) : FlightResult;

    /// <summary>Not for sharing: the leader takes it, the others go themselves.</summary>
    public sealed record Alone(OriginResponse Response, DeliveryReason Reason) : FlightResult
    {
        public override void LeaderLeft() => Response.Dispose();
    }

    /// <summary>The origin failed; status is its own when it gave one.</summary>
    public sealed record Failed(DeliveryReason Reason, int? OriginStatus) : FlightResult;
}
