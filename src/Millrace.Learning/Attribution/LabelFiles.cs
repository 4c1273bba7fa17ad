using System.Globalization;
using DuckDB.NET.Data;
using Millrace.Features.PointInTime.Parquet;
using Millrace.Journal;
using Millrace.Learning.DuckDb;

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

    /// <summary>Columns that examples make of a file's.</summary>
    private static readonly string[] OfExamples = ["label", "hit", "wait", "other"];

    /// <summary>Whether no outcome may be called so: names of columns have no case.</summary>
    internal static bool IsTaken(string name) => Fixed.Concat(OfExamples).Contains(name, StringComparer.OrdinalIgnoreCase) || name.EndsWith(Closed, StringComparison.Ordinal) || name.EndsWith(Late, StringComparison.Ordinal);

    /// <summary>The column that says whether an outcome's window had closed.</summary>
    internal static string ClosedOf(string outcome) => outcome + Closed;

    /// <summary>The column that says whether an outcome came to be known after its window had closed.</summary>
    internal static string LateOf(string outcome) => outcome + Late;

    /// <summary>Those of some columns that are outcomes.</summary>
    internal static IEnumerable<string> OutcomesAmong(IEnumerable<string> columns) =>
        columns.Where(name => name.EndsWith(Closed, StringComparison.Ordinal)).Select(name => name[..^Closed.Length]);

    /// <summary>The whole files of a directory, each with the time of its slice.</summary>
    internal static IEnumerable<(string Name, UnixMicros From, UnixMicros To)> In(string directory) => RowFiles.In(directory, RowFiles.Labels);

    /// <summary>Where a build keeps what it read of the journal while it runs.</summary>
    internal static string StageOf(string directory) => Path.Combine(directory, RowFiles.LabelStage);

    /// <summary>Finds what an earlier build completed: sets <see cref="LabelSpan.Through"/> of those slices.</summary>
    /// <exception cref="IOException">A file cannot be read, or holds labels that a slice would hold too, or those of another journal.</exception>
    internal static void FindDone(string directory, IReadOnlyCollection<LabelSpan> spans, LabelOrigin origin, DuckDbSession store)
    {
        var (from, to) = (spans.First().From, spans.Last().To);
        var files = In(directory).Where(file => file.From < to && file.To > from).ToArray();
        foreach (var (name, begin, end) in files.OrderBy(file => file.Name, StringComparer.Ordinal))
        {
            var path = Path.Combine(directory, name);
            var span = spans.FirstOrDefault(span => span.From == begin && span.To == end) ?? throw new IOException(
                $"{path} holds labels of a time that this build cuts into other slices: they would be there twice. Build with the from, to and slice that it was built with or into another directory, or delete it");
            var said = MetadataOf(path, store);
            if (origin.Journal.Length > 0 && said.GetValueOrDefault(RowFiles.Journal, origin.Journal) != origin.Journal)
            {
                throw new IOException($"{path} holds labels of the journal {said[RowFiles.Journal]}, and this build reads the journal {origin.Journal}. Build into another directory, or delete it");
            }

            if (said.GetValueOrDefault(Outcomes) == origin.Outcomes && said.GetValueOrDefault(RowFiles.Engine) == LabelOrigin.EngineText && said.GetValueOrDefault(RowFiles.Last) == bool.TrueString
                && long.TryParse(said.GetValueOrDefault(Through), NumberStyles.None, CultureInfo.InvariantCulture, out var through))
            {
                span.Through = new UnixMicros(through);
            }
        }
    }

    /// <summary>Writes the file of a slice: under another name, durably, then renamed.</summary>
    internal static void Write(string directory, LabelSpan span, UnixMicros through, bool isFinal, LabelOrigin origin, LabelJoin join)
    {
        var path = Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"{RowFiles.Labels}-{span.From.Value:D16}-{span.To.Value:D16}-0000{RowFiles.Extension}"));
        Dictionary<string, string> metadata = new(StringComparer.Ordinal)
        {
            [Outcomes] = origin.Outcomes,
            [RowFiles.Engine] = LabelOrigin.EngineText,
            [RowFiles.From] = span.From.ToString(),
            [RowFiles.To] = span.To.ToString(),
            [Through] = through.Value.ToString(CultureInfo.InvariantCulture),
            [RowFiles.Last] = isFinal.ToString(),
        };
        if (origin.Journal.Length > 0)
        {
            metadata.Add(RowFiles.Journal, origin.Journal);
        }

        join.Write(span, through.Value, path + RowFiles.Unfinished, metadata);
        RowFiles.Publish(path);
    }

    private static Dictionary<string, string> MetadataOf(string path, DuckDbSession store)
    {
        try
        {
            var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
            store.Read($"select decode(key), decode(value) from parquet_kv_metadata({DuckDbSession.Files([path])})", row => metadata[row.GetString(0)] = row.GetString(1));
            return metadata;
        }
        catch (DuckDBException damaged)
        {
            throw new IOException($"{path} cannot be read: {damaged.Message}; delete it to have it built anew", damaged);
        }
    }
}
