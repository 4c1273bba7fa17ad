using Millrace.Delivery.Eviction.Simulation;

namespace Millrace.CacheSim.Traces;

/// <summary>A trace in memory.</summary>
/// <param name="Trace">Its requests.</param>
/// <param name="Format">What it was read as.</param>
/// <param name="LeftOut">Log lines that are no request a cache could answer, by reason.</param>
internal sealed record LoadedTrace(CacheTrace Trace, TraceFormat Format, IReadOnlyDictionary<string, long> LeftOut);
