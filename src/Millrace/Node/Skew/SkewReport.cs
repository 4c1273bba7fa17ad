using System.Collections.Immutable;
using Millrace.Journal;

namespace Millrace.Node.Skew;

/// <summary>What the skew watch has found since features were last defined.</summary>
/// <param name="Watching">Whether it runs; without it all else is empty.</param>
/// <param name="Definitions">The fingerprint of the features.</param>
/// <param name="Since">When it began.</param>
/// <param name="Reached">The time of the last epoch that was compared; null before the first.</param>
/// <param name="Decisions">Full records compared.</param>
/// <param name="NotCompared">Decisions that were not, by reason.</param>
/// <param name="Excuse">Why differences of no feature are an alarm now.</param>
/// <param name="Features">In ordinal order of name.</param>
internal sealed record SkewReport(
    bool Watching, string? Definitions, UnixMicros Since, UnixMicros? Reached, long Decisions, ImmutableSortedDictionary<string, long> NotCompared, SkewExcuse Excuse,
    ImmutableArray<FeatureSkewReport> Features)
{
    public static SkewReport Off { get; } = new(false, null, default, null, 0, ImmutableSortedDictionary<string, long>.Empty, SkewExcuse.None, []);
}

/// <summary>One feature's values, as they were served and as the journal says.</summary>
/// <param name="Name">The feature.</param>
/// <param name="Compared">Values compared.</param>
/// <param name="Mismatched">Values served with other bits.</param>
/// <param name="Missing">Values served missing, though there is one.</param>
/// <param name="Extra">Values served, though there is none.</param>
/// <param name="Alarm">Whether it differs and is not clean again.</param>
/// <param name="Excuse">Why its differences are no alarm now.</param>
/// <param name="First">The first difference; null while there is none.</param>
/// <param name="FirstTime">When that decision was taken.</param>
internal sealed record FeatureSkewReport(string Name, long Compared, long Mismatched, long Missing, long Extra, bool Alarm, SkewExcuse Excuse, string? First, UnixMicros? FirstTime);
