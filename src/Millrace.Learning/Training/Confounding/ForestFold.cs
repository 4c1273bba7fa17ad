using System.Globalization;
using System.Text;
using Millrace.Models.Trees;

namespace Millrace.Learning.Training.Confounding;

/// <summary>
/// Takes fixed columns out of a LightGBM model: each split on one is replaced by the side that its serving value takes. What is left says what the whole model says with those values, and no
/// longer reads them, so that whatever serves LightGBM models serves it.
/// </summary>
internal static class ForestFold
{
    /// <param name="model">LightGBM's text.</param>
    /// <param name="values">The serving values of the model's last columns, in order; finite.</param>
    /// <exception cref="ForestException">The text is no such model.</exception>
    internal static string Fold(string model, ReadOnlySpan<float> values)
    {
        var end = model.IndexOf("\nend of trees", StringComparison.Ordinal);
        var sections = (end < 0 ? throw new ForestException("the model has no end of trees") : model[..end]).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        var header = Lines(sections[0]);
        var kept = int.Parse(header["max_feature_idx"], CultureInfo.InvariantCulture) + 1 - values.Length;
        var gone = Words(header["feature_names"])[kept..];
        header["max_feature_idx"] = Number(kept - 1);
        foreach (var name in (string[])["feature_names", "feature_infos", "monotone_constraints"])
        {
            if (header.TryGetValue(name, out var listed)) header[name] = string.Join(' ', Words(listed)[..kept]);
        }

        header.Remove("tree_sizes"); // Of bytes, to read in parallel: LightGBM does without.
        var text = new StringBuilder().Append(Write(header)).Append('\n');
        foreach (var section in sections[1..])
        {
            var tree = Lines(section.TrimStart('\n'));
            if (tree["num_leaves"] != "1") new FoldedTree(tree, kept, values).Replace();
            text.Append(Write(tree)).Append("\n\n");
        }

        var rest = model[(end + 1)..].Split('\n').Where(line => !gone.Any(name => line.StartsWith(name + "=", StringComparison.Ordinal)));
        return text.Append(string.Join('\n', rest)).ToString();
    }

    // Insertion order is kept: LightGBM expects Tree= first.
    private static OrderedDictionary<string, string> Lines(string section)
    {
        var lines = new OrderedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in section.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = line.Split('=', 2);
            lines[parts[0]] = parts.Length > 1 ? parts[1] : "";
        }

        return lines;
    }

    private static string Write(OrderedDictionary<string, string> lines) =>
        string.Concat(lines.Select(line => line.Key is "tree" or "average_output" ? $"{line.Key}\n" : $"{line.Key}={line.Value}\n"));

    internal static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    internal static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
