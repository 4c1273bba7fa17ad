namespace Millrace.Delivery;

/// <summary>A reading of the plane's counters since it started.</summary>
/// <param name="Requests">Responses ended, by <see cref="DeliveryOutcome"/>.</param>
/// <param name="OriginRequests">Requests sent to origins.</param>
/// <param name="BodyBytes">Body bytes handed to clients.</param>
/// <param name="Objects">Responses in the store.</param>
/// <param name="StoreBytes">Bytes that they take, with overhead.</param>
/// <param name="FillBytes">Bytes of bodies that are arriving, or are still being read after they left the store.</param>
/// <param name="Evictions">Responses evicted for room.</param>
/// <param name="BoundsHit">Times that a named bound was hit.</param>
public sealed record DeliveryStats(
    IReadOnlyDictionary<DeliveryOutcome, long> Requests, long OriginRequests, long BodyBytes, int Objects, long StoreBytes, long FillBytes, long Evictions, long BoundsHit);
