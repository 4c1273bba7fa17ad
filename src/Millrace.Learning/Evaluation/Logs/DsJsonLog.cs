using System.Globalization;
using System.Text.Json;
using Millrace.Features.Numerics;

namespace Millrace.Learning.Evaluation.Logs;

/// <summary>
/// A log of decision-service JSON, as Vowpal Wabbit reads it with --dsjson: a line per event, with _label_cost, _label_probability, a (the actions from 1, the one taken first), p (their probabilities) and c (contexts,
/// with _multi for the actions). The reward is −cost. A conditional contextual bandit's event (_outcomes with _a and _p) is one choice per slot: what stands above is given. Events that were not to be learnt from
/// (_skipLearn) and those without a label are left out and counted. So are, and a log with many of them is not evaluable, what this reader cannot weigh: dropped events (pdrop) and slates with one cost for all slots.
/// </summary>
/// <param name="path">The file, gzipped or not.</param>
/// <param name="least">The least reward there can be.</param>
/// <param name="most">The most.</param>
internal sealed class DsJsonLog(string path, double least, double most)
{
    /// <summary>How an action without features is known: by its number, from 0.</summary>
    public static ulong Key(int action) => StableHash.Of(action.ToString(CultureInfo.InvariantCulture));

    /// <summary>How an action with an id or a tag is known.</summary>
    public static ulong Key(string name) => StableHash.Of(name);

    /// <summary>Reasons for which lines are left out that say nothing of what came of them.</summary>
    public const string NotLearnt = "not to be learnt from";

    /// <inheritdoc cref="NotLearnt"/>
    public const string Unlabelled = "without a label";

    /// <summary>Reads the choices from the first to the last.</summary>
    /// <param name="bad">Takes the lines that are none.</param>
    public IEnumerable<Choice> Read(BadLines bad)
    {
        foreach (var (number, text) in LogLines.Read(path))
        {
            foreach (var choice in Parse(number, text, bad))
            {
                yield return choice;
            }
        }
    }

    private Choice[] Parse(long number, string text, BadLines bad)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            var (choices, reason) = Parse(number, json.RootElement);
            if (reason is not null)
            {
                bad.Add(number, reason);
            }

            return choices;
        }
        catch (JsonException)
        {
            bad.Add(number, "not JSON");
        }
        catch (Exception fault) when (fault is InvalidOperationException or FormatException)
        {
            bad.Add(number, "not what dsjson has");
        }

        return [];
    }

    private (Choice[] Choices, string? Reason) Parse(long number, JsonElement line)
    {
        if (line.ValueKind != JsonValueKind.Object)
        {
            return ([], "not an event");
        }

        if (line.TryGetProperty("_skipLearn", out var skip) && skip.GetBoolean())
        {
            return ([], NotLearnt);
        }

        if (line.TryGetProperty("pdrop", out var dropped) && dropped.GetDouble() != 0)
        {
            return ([], "others of its kind were dropped");
        }

        var keys = Keys(line);
        if (line.TryGetProperty("_outcomes", out var outcomes))
        {
            if (line.TryGetProperty("_label_cost", out _))
            {
                return ([], "one cost for all slots");
            }

            Choice?[] slots = [.. outcomes.EnumerateArray().Select((slot, at) =>
                slot.TryGetProperty("_label_cost", out var cost) && slot.TryGetProperty("_a", out var actions) && slot.TryGetProperty("_p", out var given)
                    ? Make(number, (ulong)at + 1, Numbers(actions), Numbers(given), -cost.GetDouble(), keys, first: 0) : null)];
            Choice[] whole = [.. slots.OfType<Choice>()];
            return (whole, whole.Length == slots.Length ? null : "a slot that is no choice");
        }

        if (!line.TryGetProperty("_label_cost", out var label))
        {
            return ([], Unlabelled);
        }

        if (!line.TryGetProperty("a", out var a) || !line.TryGetProperty("p", out var p))
        {
            return ([], "without actions or probabilities");
        }

        var choice = Make(number, 0, Numbers(a), Numbers(p), -label.GetDouble(), keys, first: 1);
        return choice is null || (line.TryGetProperty("_label_probability", out var said) && Math.Abs((said.GetDouble() / choice.Propensity) - 1) > 1e-3)
            ? ([], choice is null ? "no choice" : "two propensities")
            : ([choice], null);
    }

    private static double[] Numbers(JsonElement list) => [.. list.EnumerateArray().Select(static number => number.GetDouble())];

    /// <summary>A choice, the action taken first; null when it is none.</summary>
    /// <exception cref="InvalidDataException">The reward is beyond what was declared: to leave it out would choose by outcome.</exception>
    private Choice? Make(long number, ulong slot, double[] actions, double[] given, double reward, ulong[] keys, int first)
    {
        if (!(reward >= least && reward <= most))
        {
            throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"line {number}: expected a reward of {least} to {most}, got {reward}: say with --rewards what there can be"));
        }

        var sum = given.Sum();
        return actions.Length > 0 && actions.Length == given.Length && given.All(static one => one is >= 0 and <= 1) && given[0] > 0 && Math.Abs(sum - 1) < 1e-3
            && actions.All(action => action >= first && action < 1e6)
            ? new Choice((ulong)number, slot, [.. actions.Select(action => (int)action - first).Select(at => at < keys.Length ? keys[at] : Key(at))], 0, given[0], reward, given)
            : null;
    }

    /// <summary>What the actions are known by: their id or _tag, else what their features say; the number when there is none.</summary>
    private static ulong[] Keys(JsonElement line) =>
        line.TryGetProperty("c", out var context) && context.ValueKind == JsonValueKind.Object && context.TryGetProperty("_multi", out var actions) && actions.ValueKind == JsonValueKind.Array
            ? [.. actions.EnumerateArray().Select(static action => Name(action) is { } name ? Key(name) : StableHash.Of(action.GetRawText()))]
            : [];

    private static string? Name(JsonElement action) =>
        action.ValueKind != JsonValueKind.Object ? null
        : action.TryGetProperty("_tag", out var tag) ? tag.ToString()
        : action.TryGetProperty("id", out var id) ? id.ToString() : null;
}
