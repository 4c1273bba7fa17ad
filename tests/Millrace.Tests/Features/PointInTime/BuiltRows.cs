using System.Collections.Immutable;
using System.Globalization;
using Millrace.FeatureBuild;
using Millrace.Features.Definitions;
using Millrace.Features.Online;
using Millrace.Features.PointInTime;
using Millrace.Journal;

namespace Millrace.Tests.Features.PointInTime;

/// <summary>Builds rows of a journal into files and reads them back by another implementation, each row as text with every bit of every value.</summary>
internal static class BuiltRows
{
    private static readonly string[] Before = ["decision", "time", "item", "rank", "propensity", "slot", "surface", "policy", "epoch", "mode", "explored"];

    internal static BuildRequest Request(string directory, FeatureSet features, UnixMicros from, UnixMicros to) =>
        new() { From = from, To = to, Into = directory, Features = [.. features.Names], Slice = TimeSpan.FromMinutes(1), Kind = RowKind.Candidates, PersonsAhead = true };

    internal static Task<BuildOutcome> RunAsync(IJournalReader journal, FeatureSet features, BuildRequest request) =>
        new BuildRun(journal, features, new FeatureOptions(), request).RunAsync(TestContext.Current.CancellationToken);

    /// <summary>Builds and reads the rows of decisions between two times.</summary>
    internal static async Task<(BuildOutcome Outcome, ImmutableSortedDictionary<string, string> Rows)> OfAsync(
        IJournalReader journal, FeatureSet features, UnixMicros from, UnixMicros to, Func<BuildRequest, BuildRequest>? change = null)
    {
        var directory = Directory.CreateTempSubdirectory("millrace-");
        try
        {
            var request = Request(directory.FullName, features, from, to);
            var outcome = await RunAsync(journal, features, change?.Invoke(request) ?? request);
            return (outcome, Read(directory.FullName, features.Names));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    /// <summary>All rows by <c>decision item slot rank</c>, columns of features alone; none where nothing was decided and no file was written.</summary>
    internal static ImmutableSortedDictionary<string, string> Read(string directory, IEnumerable<string> features)
    {
        if (Directory.GetFiles(directory, "*.parquet").Length == 0)
        {
            return ImmutableSortedDictionary<string, string>.Empty;
        }

        var rows = DuckDbRows.Read($"select decision, item, slot, rank, {string.Join(", ", features.Except(Before))} from '{directory}/*.parquet'");
        return rows.ToImmutableSortedDictionary(row => string.Join(' ', row.Take(4)), row => string.Join(' ', row.Skip(4).Select(Bits)), StringComparer.Ordinal);
    }

    internal static string Bits(object? value) => value is float f ? BitConverter.SingleToInt32Bits(f).ToString("x8", CultureInfo.InvariantCulture) : value is null ? "-" : $"{value}";
}
