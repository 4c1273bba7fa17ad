using System.Collections.Immutable;
using Millrace.Features.PointInTime.Parquet;
using Millrace.Journal;
using Millrace.Learning.Attribution;
using Millrace.Learning.DuckDb;

namespace Millrace.Learning.Training;

/// <summary>The files of rows and labels that examples are made of, after a look that they belong together.</summary>
/// <param name="Slices">The slices of labels within the time that is asked for, in order, none overlapping another.</param>
/// <param name="Features">The feature columns.</param>
/// <param name="Definitions">The fingerprint of the features' definitions.</param>
/// <param name="Outcomes">The fingerprint of the outcomes.</param>
internal sealed record ExampleFiles(ImmutableArray<ExampleSlice> Slices, ImmutableArray<string> Features, string Definitions, string Outcomes)
{
    /// <exception cref="ExamplesException">Files are missing, lack a column or do not belong together.</exception>
    public static ExampleFiles Find(ExampleQuery query, DuckDbSession store)
    {
        var rows = Within(RowFiles.In(query.Rows), query, query.Rows, "features build");
        var labels = Within(LabelFiles.In(query.Labels), query, query.Labels, "labels build");
        var features = FeaturesOf(query, rows, store);
        string[] needed =
        [
            query.Label, LabelFiles.ClosedOf(query.Label), .. query.OnlySeen ? [LabelFiles.Impression] : Array.Empty<string>(),
            .. query.Delivery ? [LabelFiles.Delivery, LabelFiles.TimeToFirstByte] : Array.Empty<string>(),
        ];
        var known = Columns(labels, store);
        if (needed.FirstOrDefault(column => known.GetValueOrDefault(column) < labels.Length) is { } missing)
        {
            throw new ExamplesException(known.ContainsKey(missing)
                ? $"label '{missing}' is in some files of {query.Labels} only: build all with the same outcomes"
                : $"there is no label '{missing}' in {query.Labels}; there are {string.Join(", ", LabelFiles.OutcomesAmong(known.Keys).Order(StringComparer.Ordinal))}");
        }

        var definitions = Same(rows, RowFiles.Definitions, "feature definitions", store);
        var outcomes = Same(labels, LabelFiles.Outcomes, "outcome definitions", store);
        _ = Same([.. rows, .. labels], RowFiles.Journal, "journals", store);
        return new ExampleFiles(Cut(rows, labels, query), features, definitions, outcomes);
    }

    private static ImmutableArray<BuiltFile> Within(IEnumerable<(string Name, UnixMicros From, UnixMicros To)> files, ExampleQuery query, string directory, string command)
    {
        ImmutableArray<BuiltFile> all = [.. files.Where(file => file.From < query.To && file.To > query.From).OrderBy(file => file.Name, StringComparer.Ordinal)
            .Select(file => new BuiltFile(Path.Combine(directory, file.Name), file.From, file.To))];
        return all.IsEmpty ? throw new ExamplesException($"{directory} holds no file of `{command}` of that time") : all;
    }

    private static ImmutableArray<string> FeaturesOf(ExampleQuery query, ImmutableArray<BuiltFile> rows, DuckDbSession store)
    {
        var known = Columns(rows, store);
        ImmutableArray<string> present = [.. known.Keys.Where(name => !RowFiles.IsFixed(name)).Order(StringComparer.Ordinal)];
        var wanted = query.Features.IsEmpty ? present : query.Features;
        if (wanted.FirstOrDefault(name => RowFiles.IsFixed(name) || known.GetValueOrDefault(name) < rows.Length) is { } missing)
        {
            throw new ExamplesException(known.ContainsKey(missing) && !RowFiles.IsFixed(missing)
                ? $"feature '{missing}' is in some files of {query.Rows} only: build all rows with the same features"
                : $"there is no feature '{missing}' in {query.Rows}; there are {string.Join(", ", present)}");
        }

        return wanted.CountBy(name => name).FirstOrDefault(name => name.Value > 1).Key is { } twice ? throw new ExamplesException($"feature '{twice}' is named twice") : wanted;
    }

    /// <summary>In how many files each column is.</summary>
    private static Dictionary<string, int> Columns(ImmutableArray<BuiltFile> files, DuckDbSession store)
    {
        var columns = new Dictionary<string, int>(StringComparer.Ordinal);
        store.Read(
            $"select name, count(distinct file_name)::int from parquet_schema({DuckDbSession.Files(files.Select(file => file.Path))}) where type is not null group by name",
            row => columns.Add(row.GetString(0), row.GetInt32(1)));
        return columns;
    }

    /// <summary>The one value that all files give a key; what has none may be anything.</summary>
    private static string Same(ImmutableArray<BuiltFile> files, string key, string what, DuckDbSession store)
    {
        var values = new List<string>();
        store.Read(
            $"select distinct decode(value) from parquet_kv_metadata({DuckDbSession.Files(files.Select(file => file.Path))}) where key = {DuckDbSession.Text(key)}::blob",
            row => values.Add(row.GetString(0)));
        return values.Count > 1
            ? throw new ExamplesException($"{Path.GetDirectoryName(files[0].Path)} holds files of {values.Count} {what}: {string.Join(", ", values.Order(StringComparer.Ordinal))}. Build all with the same")
            : values.FirstOrDefault("");
    }

    private static ImmutableArray<ExampleSlice> Cut(ImmutableArray<BuiltFile> rows, ImmutableArray<BuiltFile> labels, ExampleQuery query)
    {
        var slices = ImmutableArray.CreateBuilder<ExampleSlice>(labels.Length);
        var end = new UnixMicros(long.MinValue);
        foreach (var label in labels.OrderBy(file => file.From.Value))
        {
            if (label.From < end)
            {
                throw new ExamplesException($"{label.Path} holds labels of a time that another file of its folder holds too: build with one --from, --to and --slice, or delete it");
            }

            end = label.To;
            var (from, to) = (Math.Max(label.From.Value, query.From.Value), Math.Min(label.To.Value, query.To.Value));
            ImmutableArray<string> beside = [.. rows.Where(row => row.From.Value < to && row.To.Value > from).Select(row => row.Path)];
            if (!beside.IsEmpty)
            {
                slices.Add(new ExampleSlice(from, to, label.Path, beside));
            }
        }

        return slices.Count > 0 ? slices.ToImmutable() : throw new ExamplesException($"the rows of {query.Rows} and the labels of {query.Labels} are of different times");
    }

    private readonly record struct BuiltFile(string Path, UnixMicros From, UnixMicros To);
}

/// <summary>The files of a time.</summary>
/// <param name="From">Its first µs.</param>
/// <param name="To">The first µs after it.</param>
/// <param name="Labels">The file of labels.</param>
/// <param name="Rows">Files with rows of it, and of other times.</param>
internal sealed record ExampleSlice(long From, long To, string Labels, ImmutableArray<string> Rows);
