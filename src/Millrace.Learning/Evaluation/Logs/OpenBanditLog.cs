using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Millrace.Features.Numerics;

namespace Millrace.Learning.Evaluation.Logs;

/// <summary>
/// A file of the Open Bandit layout (Saito et al., "Open Bandit Dataset and Pipeline", 2020): a CSV with the columns item_id, position, click and propensity_score. Names nobody: each impression is its own person.
/// </summary>
/// <param name="path">The file, gzipped or not.</param>
/// <param name="items">How many items could be shown, numbered from 0.</param>
internal sealed class OpenBanditLog(string path, int items)
{
    /// <summary>Of a page of this layout.</summary>
    public const int Positions = 3;

    private readonly ulong[] _actions = [.. Enumerable.Range(0, items).Select(Key)];

    /// <summary>An item's key.</summary>
    public static ulong Key(int item) => StableHash.Of(item.ToString(CultureInfo.InvariantCulture));

    /// <summary>The file of a folder: its one CSV beside item_context.csv.</summary>
    /// <exception cref="InvalidDataException">There is none, or several.</exception>
    public static string FileOf(string folder)
    {
        string[] found = Directory.Exists(folder)
            ? [.. Directory.EnumerateFiles(folder).Where(static file => (file.EndsWith(".csv", StringComparison.Ordinal) || file.EndsWith(".csv.gz", StringComparison.Ordinal)) && !Path.GetFileName(file).StartsWith("item_context", StringComparison.Ordinal))]
            : [];
        return found is [var one] ? one : throw new InvalidDataException($"{folder}: expected one CSV of impressions beside item_context.csv; got {found.Length}");
    }

    /// <summary>Probabilities by item and position, as {"policy": [[p1, p2, p3], …]} has them.</summary>
    /// <exception cref="InvalidDataException">The file is none, or a position's probabilities do not sum to 1.</exception>
    public static ImmutableArray<double[]> ReadPolicy(string path)
    {
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path));
            ImmutableArray<double[]> policy = [.. json.RootElement.GetProperty("policy").EnumerateArray().Select(static row => row.EnumerateArray().Select(static value => value.GetDouble()).ToArray())];
            for (var position = 0; position < Positions; position++)
            {
                var sum = policy.Sum(row => row.Length == Positions && row[position] is >= 0 and <= 1 ? row[position] : double.NaN);
                if (!(Math.Abs(sum - 1) < 1e-6))
                {
                    throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"{path}: expected probabilities of items at position {position + 1} that sum to 1; got {sum}"));
                }
            }

            return policy;
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new InvalidDataException($"{path}: expected {{\"policy\": [[p1, p2, p3], …]}}, a row per item; {fault.Message}", fault);
        }
    }

    /// <summary>Reads the choices from the first to the last.</summary>
    /// <param name="bad">Takes the lines that are none.</param>
    /// <exception cref="InvalidDataException">The first line does not name the columns.</exception>
    public IEnumerable<Choice> Read(BadLines bad)
    {
        int[]? columns = null;
        foreach (var (number, text) in LogLines.Read(path))
        {
            if (columns is null)
            {
                columns = Columns(text);
            }
            else if (Parse(text, columns, number) is { } choice)
            {
                yield return choice;
            }
            else
            {
                bad.Add(number, "no impression");
            }
        }
    }

    private int[] Columns(string header)
    {
        var names = header.Split(',');
        string[] asked = ["item_id", "position", "click", "propensity_score"];
        int[] columns = [.. asked.Select(name => Array.IndexOf(names, name))];
        return Array.IndexOf(columns, -1) is >= 0 and var missing ? throw new InvalidDataException($"{path}: the first line names no column {asked[missing]}") : columns;
    }

    private Choice? Parse(string text, int[] columns, long number)
    {
        var fields = text.Split(',', columns.Max() + 2);
        return fields.Length > columns.Max()
            && int.TryParse(fields[columns[0]], NumberStyles.None, CultureInfo.InvariantCulture, out var item) && item < items
            && int.TryParse(fields[columns[1]], NumberStyles.None, CultureInfo.InvariantCulture, out var position) && position is >= 1 and <= Positions
            && int.TryParse(fields[columns[2]], NumberStyles.None, CultureInfo.InvariantCulture, out var click) && click is 0 or 1
            && double.TryParse(fields[columns[3]], NumberStyles.Float, CultureInfo.InvariantCulture, out var propensity) && propensity is > 0 and <= 1
            ? new Choice((ulong)number, (ulong)position, _actions, item, propensity, click)
            : null;
    }
}
