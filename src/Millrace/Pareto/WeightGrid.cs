using System.Text.Json;
using Millrace.Features;
using Millrace.Node;

namespace Millrace.Pareto;

/// <summary>Which weights are tried.</summary>
internal static class WeightGrid
{
    /// <summary>So many are judged in one walk: more would take long, and say no more.</summary>
    public const int Most = 500;

    /// <summary>
    /// Shares out what heads move: a head moves |weight| × spread, and all together always as much as they do now, so that exploration that looks at utilities explores as
    /// much. Signs stay; a head that counts nothing now gets a positive one.
    /// </summary>
    /// <param name="weights">The present weights of all heads.</param>
    /// <param name="swept">The indexes of those that change.</param>
    /// <param name="spreads">By head: how far it spreads over the candidates of a decision.</param>
    /// <param name="steps">Into so many parts the whole is cut.</param>
    public static IEnumerable<double[]> Shares(double[] weights, int[] swept, double[] spreads, int steps)
    {
        var whole = swept.Sum(head => Math.Abs(weights[head]) * spreads[head]);
        foreach (var parts in Parts(swept.Length, steps))
        {
            var made = weights.ToArray();
            for (var i = 0; i < swept.Length; i++)
            {
                var head = swept[i];
                made[head] = Rounded((weights[head] < 0 ? -1 : 1) * (whole > 0 ? whole : 1) * parts[i] / steps / spreads[head]);
            }

            yield return made;
        }
    }

    /// <summary>How many <see cref="Shares"/> makes.</summary>
    public static double Count(int swept, int steps)
    {
        var count = 1.0;
        for (var i = 1; i < swept; i++)
        {
            count = count * (steps + i) / i;
        }

        return count;
    }

    /// <summary>Reads <c>[{"click": 1, "hide": -3}, …]</c>: what is not named keeps its weight.</summary>
    /// <exception cref="NodeStartException">It is something else, or names no head.</exception>
    public static double[][] Read(string file, string json, IReadOnlyList<string> heads, double[] weights)
    {
        try
        {
            var all = JsonSerializer.Deserialize<Dictionary<string, double>[]>(json) ?? [];
            return all.Length is > 0 and <= Most
                ? [.. all.Select(one => Weights(file, one, heads, weights))]
                : throw Refused($"{file}: expected 1 to {Most} weightings; got {all.Length}");
        }
        catch (JsonException fault)
        {
            throw Refused($"{file}: expected a list of weights like [{{\"click\": 1, \"hide\": -3}}]; {fault.Message}");
        }
    }

    private static double[] Weights(string file, Dictionary<string, double> named, IReadOnlyList<string> heads, double[] weights)
    {
        var made = weights.ToArray();
        foreach (var (head, weight) in named)
        {
            var at = heads.Index().Where(known => known.Item == head).Select(known => known.Index).DefaultIfEmpty(-1).First();
            made[at >= 0 ? at : throw Refused($"{file}: there is no head '{head}'{(NearestName.Of(head, heads) is { } near ? $"; is '{near}' meant?" : $"; there are {string.Join(", ", heads)}")}")] = weight;
        }

        return made;
    }

    /// <summary>All ways to cut a whole of so many steps into parts, in order.</summary>
    private static IEnumerable<int[]> Parts(int parts, int steps) => parts == 1
        ? [[steps]]
        : Enumerable.Range(0, steps + 1).Reverse().SelectMany(first => Parts(parts - 1, steps - first).Select(rest => (int[])[first, .. rest]));

    /// <summary>Four digits: what is printed can be written into a configuration, and is what was judged.</summary>
    private static double Rounded(double weight)
    {
        if (weight == 0)
        {
            return 0;
        }

        var digits = (int)Math.Floor(Math.Log10(Math.Abs(weight))) - 3;
        var unit = Math.Pow(10, Math.Abs(digits));
        return digits < 0 ? Math.Round(weight * unit) / unit : Math.Round(weight / unit) * unit;
    }

    private static NodeStartException Refused(string why) => new(Cli.ExitCode.Usage, why);
}
