using Millrace.Features.PointInTime.Parquet;
using Millrace.Journal;

namespace Millrace.Learning.Attribution;

/// <summary>The files of a build of labels: <c>labels-FROM-TO-0000.parquet</c>, one of each slice, whole or not there.</summary>
internal static class LabelFiles
{
    internal const string Outcomes = "millrace.outcomes";
    internal const string Through = "millrace.through";
    internal const string Impression = "impression";
    internal const string Delivery = "delivery";
    internal const string TimeToFirstByte = "ttfb_ms";

    private const string Closed = ".closed";
    private const string Late = ".late";

    /// <summary>The columns that every file has.</summary>
    internal static IReadOnlyList<string> Fixed { get; } =
        ["decision", "key", "time", "item", "slot", "rank", "surface", "person", "policy", "model", "arm", "propensity", "explorable", "explored", "rung", "mode", Delivery, TimeToFirstByte];

    /// <summary>The column that says whether an outcome's window had closed.</summary>
    internal static string ClosedOf(string outcome) => outcome + Closed;

    /// <summary>The column that says whether an outcome came to be known after its window had closed.</summary>
    internal static string LateOf(string outcome) => outcome + Late;

    /// <summary>Those of some columns that are outcomes.</summary>
    internal static IEnumerable<string> OutcomesAmong(IEnumerable<string> columns) =>
        columns.Where(name => name.EndsWith(Closed, StringComparison.Ordinal)).Select(name => name[..^Closed.Length]);

    /// <summary>The whole files of a directory, each with the time of its slice.</summary>
    internal static IEnumerable<(string Name, UnixMicros From, UnixMicros To)> In(string directory) => RowFiles.In(directory, RowFiles.Labels);
}
