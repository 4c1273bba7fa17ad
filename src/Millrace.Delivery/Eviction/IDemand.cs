namespace Millrace.Delivery.Eviction;

/// <summary>What is expected to be asked for: made by decisions, read by the cache when it weighs what to keep.</summary>
public interface IDemand
{
    /// <summary>
    /// Requests predicted for an object at this edge over the prediction's horizon; 0 when nothing is known. Called under the store's lock, several times an
    /// eviction: it must return at once, and neither block nor allocate.
    /// </summary>
    /// <param name="key">The 64-bit hash of the object's key in the store.</param>
    float Predict(ulong key);
}
