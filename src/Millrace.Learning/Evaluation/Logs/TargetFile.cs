using System.Globalization;
using System.Text.Json;

namespace Millrace.Learning.Evaluation.Logs;

/// <summary>A policy as a file of probabilities: lines of <c>action,probability</c>, or an object of JSON by action; an action is named by its id or tag, else by its number from 0.</summary>
internal static class TargetFile
{
    /// <exception cref="InvalidDataException">The file is neither; names the line.</exception>
    public static ITargetPolicy Read(string path)
    {
        var pairs = path.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? Json(path) : Lines(path);
        var table = new Dictionary<(ulong Context, ulong Action), double>();
        foreach (var (action, probability) in pairs)
        {
            if (!(probability is >= 0 and <= 1) || !table.TryAdd((0, DsJsonLog.Key(action)), probability))
            {
                throw new InvalidDataException($"{path}: expected a probability once for an action; got '{action}' with {probability.ToString(CultureInfo.InvariantCulture)}");
            }
        }

        return table.Values.Sum() > 0 ? new TableTarget(table) : throw new InvalidDataException($"{path}: no action has a probability above 0");
    }

    private static IEnumerable<(string Action, double Probability)> Json(string path)
    {
        try
        {
            return (JsonSerializer.Deserialize<Dictionary<string, double>>(File.ReadAllBytes(path)) ?? []).Select(static pair => (pair.Key, pair.Value));
        }
        catch (JsonException fault)
        {
            throw new InvalidDataException($"{path}: expected an object like {{\"sports\": 0.7, \"politics\": 0.3}}; {fault.Message}", fault);
        }
    }

    private static IEnumerable<(string Action, double Probability)> Lines(string path)
    {
        foreach (var (number, text) in LogLines.Read(path).Where(static line => line.Text.Length > 0))
        {
            var comma = text.LastIndexOf(',');
            if (comma > 0 && double.TryParse(text.AsSpan(comma + 1), NumberStyles.Float, CultureInfo.InvariantCulture, out var probability))
            {
                yield return (text[..comma], probability);
            }
            else if (number > 1)
            {
                throw new InvalidDataException($"{path}:{number}: expected action,probability; got '{text}'");
            }
        }
    }
}
