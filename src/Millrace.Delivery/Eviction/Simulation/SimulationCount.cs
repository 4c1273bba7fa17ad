namespace Millrace.Delivery.Eviction.Simulation;

/// <summary>What a simulated cache made of a trace, or of the part of it that counts.</summary>
/// <param name="Requests">Requests that count.</param>
/// <param name="Misses">Those that it could not answer.</param>
/// <param name="RequestBytes">The bytes of the requests.</param>
/// <param name="MissBytes">The bytes of the misses.</param>
public readonly record struct SimulationCount(long Requests, long Misses, long RequestBytes, long MissBytes)
{
    /// <summary>The share of requests that were hits.</summary>
    public double RequestHitRatio => Requests == 0 ? 0 : (double)(Requests - Misses) / Requests;

    /// <summary>The share of bytes that were hits.</summary>
    public double ByteHitRatio => RequestBytes == 0 ? 0 : (double)(RequestBytes - MissBytes) / RequestBytes;
}
