using Millrace.World.Client;
using Millrace.World.Run;

namespace Millrace.Demo;

/// <summary>One look at the running demo.</summary>
/// <param name="World">What the audience saw.</param>
/// <param name="Client">What its client met.</param>
/// <param name="DecisionsPerSecond">Over the last few seconds.</param>
/// <param name="JournalFacts">Facts made durable since the start, all streams.</param>
/// <param name="JournalBytes">Bytes made durable since the start.</param>
/// <param name="OriginRequests">What the cache did not spare the origin.</param>
internal sealed record DemoFigures(
    WorldReport World, ClientCounts Client, double DecisionsPerSecond, long JournalFacts, long JournalBytes, long OriginRequests)
{
    /// <summary>The last bins that the current rates are taken over.</summary>
    private const int RecentBins = 10;

    /// <summary>The last whole stretches together; what there is, early on.</summary>
    public TrendBin Recent => World.Trend.SkipLast(1).TakeLast(RecentBins).DefaultIfEmpty(World.Total).Aggregate(TrendBin.Add);

    /// <summary>Expected clicks per view of the recent slates, from the world's truth.</summary>
    public double Rate => Per(Recent.Expected, Recent.Views);

    /// <summary>The same of random slates.</summary>
    public double Random => Per(Recent.Random, Recent.Views);

    /// <summary>The same of the best slates.</summary>
    public double Oracle => Per(Recent.Oracle, Recent.Views);

    /// <summary>Clicks per view that were made.</summary>
    public double Realised => Per(Recent.Clicks, Recent.Views);

    private static double Per(double sum, long views) => views == 0 ? 0 : sum / views;
}
