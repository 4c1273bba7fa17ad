using System.Globalization;
using Millrace.Learning.DuckDb;

namespace Millrace.Bench.Training;

/// <summary>Made-up examples of 30 features in files: 24 that matter in some way and mostly little, 6 of noise, and a label whose true probability is known.</summary>
internal static class TrainingData
{
    internal const int Columns = 30;

    // What the label depends on: lines, a step, a wave, a product, many small lines.
    private const string Score = "3*(f0 - f1) + 2*(f2 > 0.7)::int + sin(9*f3) + 4*(f4 - 0.5)*(f5 - 0.5)";

    /// <summary>Writes <paramref name="rows"/> examples as Parquet, and returns the least log loss that any model can have.</summary>
    internal static double Write(string parquet, long rows, long from)
    {
        using var store = DuckDbSession.InMemory(new DuckDbOptions { MemoryMebibytes = 1_024, Threads = 2 });
        var features = string.Join(", ", Enumerable.Range(0, Columns).Select(column => $"{Unit(column)}::float as f{column}"));
        var small = string.Concat(Enumerable.Range(6, 18).Select(column => string.Create(CultureInfo.InvariantCulture, $" + {column % 5 / 10.0}*(f{column} - 0.5)")));
        var all = $"""
            select i as time, (i // 10)::bigint as key, f.*, ({Unit(99)} < 1/(1 + exp(-s)))::int::float as label, s from (
            select *, {Score}{small} - 1.5 as s from (select i, {features} from range({from}, {from + rows}) r(i))) f
            """;
        var names = string.Join(", ", Enumerable.Range(0, Columns).Select(column => $"f{column}"));
        store.Execute($"copy (select time, key, 0::bigint as person, 0::integer as rank, 'nan'::double as propensity, label, false as other, {names} from ({all})) to {DuckDbSession.Text(parquet)} (format parquet, compression snappy)");
        var least = 0.0;
        store.Read($"select avg(-(ln(p)*p + ln(1 - p)*(1 - p))) from (select 1/(1 + exp(-s)) as p from ({all}))", row => least = row.GetDouble(0));
        return least;
    }

    // A uniform number of the row and column alone.
    private static string Unit(int column) => string.Create(CultureInfo.InvariantCulture, $"((hash(i * 128 + {column}) >> 11) / 9007199254740992.0)");
}
