using System.Collections.Immutable;
using System.Globalization;

namespace Millrace.Learning.Training;

/// <summary>
/// Examples from the plain text that LightGBM, XGBoost and SVMrank read: <c>LABEL [qid:N] PLACE:VALUE …</c>. What is not written is 0, as for them. Rows of one decision are those of one
/// <c>qid</c>, or what a file beside it with <c>.query</c> at its end counts; else each row is one.
/// </summary>
internal static class SvmlightFile
{
    /// <summary>The examples of files, one after the other: each is later than those before it.</summary>
    /// <param name="paths">The files.</param>
    /// <param name="starts">By file, the time of its first row.</param>
    /// <exception cref="TrainingException">A line is not of this form; the message has path and line.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    internal static ArrayExamples Read(IReadOnlyList<string> paths, out ImmutableArray<long> starts)
    {
        var rows = new List<(float Label, (int Place, float Value)[] Values)>();
        var groups = new List<int>();
        var begins = ImmutableArray.CreateBuilder<long>();
        foreach (var path in paths)
        {
            begins.Add(groups.Count);
            ReadOne(path, rows, groups);
        }

        starts = begins.DrainToImmutable();
        var columns = 1 + rows.SelectMany(row => row.Values).Select(value => value.Place).DefaultIfEmpty(-1).Max();
        var matrix = new float[checked(rows.Count * columns)];
        for (var row = 0; row < rows.Count; row++)
        {
            foreach (var (place, value) in rows[row].Values)
            {
                matrix[(row * columns) + place] = value;
            }
        }

        return ArrayExamples.Of(
            [.. Enumerable.Range(0, columns).Select(place => string.Create(CultureInfo.InvariantCulture, $"Column_{place}"))], matrix, [.. rows.Select(row => row.Label)], groups);
    }

    private static void ReadOne(string path, List<(float Label, (int Place, float Value)[] Values)> rows, List<int> groups)
    {
        var (first, line, query) = (rows.Count, 0, (string?)null);
        var (named, counted) = (groups.Count, Path.Exists(path + ".query"));
        foreach (var text in File.ReadLines(path))
        {
            line++;
            var parts = text.Split('#')[0].Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            if (parts.Length == 0)
            {
                continue;
            }

            var asked = parts.Length > 1 && parts[1].StartsWith("qid:", StringComparison.Ordinal) ? parts[1] : null;
            if (!counted)
            {
                if (asked is null || asked != query || groups.Count == named) groups.Add(0);
                (query, groups[^1]) = (asked, groups[^1] + 1);
            }

            rows.Add((Number(parts[0], path, line), [.. parts.Skip(asked is null ? 1 : 2).Select(part => Pair(part, path, line))]));
        }

        if (counted)
        {
            groups.AddRange(File.ReadLines(path + ".query").Where(count => count.Trim().Length > 0).Select(count => int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed)
                ? parsed
                : throw new TrainingException($"{path}.query: expected a count; got '{count}'")));
            if (groups.Skip(named).Sum() is var sum && sum != rows.Count - first)
            {
                throw new TrainingException($"{path}.query counts {sum} rows; {path} has {rows.Count - first}");
            }
        }
    }

    private static (int Place, float Value) Pair(string part, string path, int line)
    {
        var colon = part.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && int.TryParse(part.AsSpan(0, colon), NumberStyles.None, CultureInfo.InvariantCulture, out var place) && place < 1 << 20
            ? (place, Number(part[(colon + 1)..], path, line))
            : throw new TrainingException($"{path}:{line}: expected PLACE:VALUE; got '{part}'");
    }

    private static float Number(string text, string path, int line) => float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
        ? number
        : throw new TrainingException($"{path}:{line}: expected a number; got '{text}'");
}
