using Millrace.Features.PointInTime;
using Millrace.Journal;

namespace Millrace.Node.Skew;

/// <summary>Why values that differ are no fault of a feature: where equality is not promised. The closed set that reports, logs and tests share.</summary>
internal enum SkewExcuse
{
    /// <summary>Equality is promised.</summary>
    None,

    /// <summary>A bound of <c>folding</c> left something out that lies within the windows of the feature: what was kept depends on how partitions were interleaved.</summary>
    BoundHit,

    /// <summary>People were erased whose events serving may still count as theirs, within the reach of features (decision 0020).</summary>
    Erased,

    /// <summary>Records of the journal cannot be read: serving may have read them before they were damaged.</summary>
    RecordsSkipped,
}

/// <summary>Judges whether equality is promised.</summary>
internal static class SkewExcuses
{
    /// <summary>Why nothing is promised of any feature.</summary>
    /// <param name="walk">The second fold.</param>
    /// <param name="reach">How far back features look.</param>
    public static SkewExcuse Of(PointInTimeWalk walk, TimeSpan reach)
    {
        // Also of what was erased before the watch began: serving goes on from a snapshot, which counts it. And of erasures that the watch follows: it reads a little later.
        var counted = walk.Counts.ErasedEvent is { } last && walk.Reached - reach < last;
        var asked = walk.Counts.Erasure is { } erased && walk.Reached - reach < erased;
        return counted || asked ? SkewExcuse.Erased : walk.Counts.Skipped > 0 ? SkewExcuse.RecordsSkipped : SkewExcuse.None;
    }

    /// <summary>As it stands in JSON.</summary>
    public static string Word(this SkewExcuse excuse) => char.ToLowerInvariant(excuse.ToString()[0]) + excuse.ToString()[1..];
}
