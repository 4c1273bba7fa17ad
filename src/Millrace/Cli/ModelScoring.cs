using System.Globalization;
using Millrace.Models.Trees;

namespace Millrace.Cli;

/// <summary>Scores a CSV file by a forest, a batch at a time.</summary>
/// <param name="forest">The model.</param>
/// <param name="raw">Whether scores stay raw.</param>
/// <param name="explain">Whether contributions are added.</param>
internal sealed class ModelScoring(Forest forest, bool raw, bool explain)
{
    private const int Batch = 1_024;

    internal async Task RunAsync(string path, TextWriter output, CancellationToken cancellation)
    {
        using var file = new StreamReader(path);
        string[] columns = (await file.ReadLineAsync(cancellation) ?? throw new InvalidDataException($"{path}:1: expected the names of features; the file is empty.")).Split(',');
        var scorer = new ForestScorer([forest], columns);
        ForestContributions? contributions = explain ? new ForestContributions(forest, columns) : null;
        await output.WriteLineAsync(string.Join(',', Header()));
        var rows = new float[Batch * columns.Length];
        int count = 0;
        for (int number = 2; await file.ReadLineAsync(cancellation) is { } line; number++)
        {
            Parse(line, columns, rows.AsSpan(count * columns.Length, columns.Length), $"{path}:{number}");
            if (++count < Batch) continue;
            await WriteAsync(scorer, contributions, rows.AsMemory(0, count * columns.Length), output);
            count = 0;
        }

        await WriteAsync(scorer, contributions, rows.AsMemory(0, count * columns.Length), output);
    }

    private static void Parse(string line, string[] columns, Span<float> row, string place)
    {
        string[] fields = line.Split(',');
        if (fields.Length != columns.Length) throw new InvalidDataException($"{place}: expected {columns.Length} fields; got {fields.Length}.");
        for (int i = 0; i < fields.Length; i++)
        {
            row[i] = float.NaN;
            if (!string.IsNullOrWhiteSpace(fields[i]) && !float.TryParse(fields[i], NumberStyles.Float, CultureInfo.InvariantCulture, out row[i]))
            {
                throw new InvalidDataException($"{place}: {columns[i]}: expected a number or nothing; got '{fields[i]}'.");
            }
        }
    }

    private IEnumerable<string> Header()
    {
        for (int at = 0; at < forest.Classes; at++)
        {
            string suffix = forest.Classes > 1 ? $"_{at}" : "";
            yield return $"score{suffix}";
            if (!explain) continue;
            foreach (string feature in forest.Features) yield return $"{feature}{suffix}";
            yield return $"base{suffix}";
        }
    }

    private async Task WriteAsync(ForestScorer scorer, ForestContributions? contributions, ReadOnlyMemory<float> rows, TextWriter output)
    {
        int count = rows.Length / scorer.Columns;
        var scores = new double[count * forest.Classes];
        if (raw) scorer.Raw(rows.Span, count, scores, new ForestScratch());
        else scorer.Predict(rows.Span, count, scores, new ForestScratch());
        var explained = new double[contributions?.Length ?? 0];
        for (int row = 0; row < count; row++)
        {
            contributions?.Explain(rows.Span.Slice(row * scorer.Columns, scorer.Columns), explained);
            var numbers = new List<double>();
            for (int at = 0; at < forest.Classes; at++)
            {
                numbers.Add(scores[(at * count) + row]);
                int width = explained.Length / forest.Classes;
                numbers.AddRange(explained.AsSpan(at * width, width));
            }

            await output.WriteLineAsync(string.Join(',', numbers.Select(static number => number.ToString("R", CultureInfo.InvariantCulture))));
        }
    }
}
