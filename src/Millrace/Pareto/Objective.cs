using Millrace.Features;
using Millrace.Node;

namespace Millrace.Pareto;

/// <summary>What a head of a policy foretells, as events tell it afterwards.</summary>
/// <param name="Head">The head's name.</param>
/// <param name="Event">The name of the events that are its outcome.</param>
/// <param name="Sums">Whether their values are added up; else each counts 1.</param>
/// <param name="LessIsBetter">Whether the policy counts it as harm.</param>
internal sealed record Objective(string Head, string Event, bool Sums, bool LessIsBetter)
{
    private const string Value = "value:";

    /// <summary>The one event whose name says that its value is what matters; of any other each counts 1 unless <c>--events</c> says otherwise.</summary>
    private const string Dwell = "dwell";

    /// <summary>The outcomes of heads, as <c>--events</c> names them: <c>click,stay=value:dwell</c>; a head that is not named has the event of its own name.</summary>
    /// <param name="heads">The heads that are judged.</param>
    /// <param name="events">As written; null for none.</param>
    /// <param name="weights">The policy's own weights.</param>
    /// <exception cref="NodeStartException">It names another head, or one twice.</exception>
    public static Objective[] Parse(string[] heads, string? events, IReadOnlyDictionary<string, double> weights)
    {
        var named = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var part in (events ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var at = part.IndexOf('=', StringComparison.Ordinal);
            var plain = part.StartsWith(Value, StringComparison.Ordinal) ? part[Value.Length..] : part;
            var (head, outcome) = at < 0 ? (plain, part) : (part[..at], part[(at + 1)..]);
            if (!heads.Contains(head, StringComparer.Ordinal))
            {
                throw Refused($"--events: '{head}' is no head that is judged{(NearestName.Of(head, heads) is { } near ? $"; is '{near}' meant?" : "")}: expected [HEAD=][value:]EVENT with a head of {string.Join(", ", heads)}");
            }

            if (!named.TryAdd(head, outcome) || outcome.Length == 0 || outcome == Value)
            {
                throw Refused($"--events: expected [HEAD=][value:]EVENT once for a head; got '{part}'");
            }
        }

        return
        [
            .. heads.Select(head =>
            {
                var outcome = named.GetValueOrDefault(head) ?? (head == Dwell ? Value + head : head);
                var sums = outcome.StartsWith(Value, StringComparison.Ordinal);
                return new Objective(head, sums ? outcome[Value.Length..] : outcome, sums, weights.GetValueOrDefault(head) < 0);
            }),
        ];
    }

    /// <summary>One outcome for itself, <c>EVENT</c> or <c>value:EVENT</c>; null when it names none.</summary>
    public static Objective? Outcome(string text)
    {
        var sums = text.StartsWith(Value, StringComparison.Ordinal);
        var name = sums ? text[Value.Length..] : text;
        return name.Length == 0 ? null : new Objective("reward", name, sums, LessIsBetter: false);
    }

    private static NodeStartException Refused(string why) => new(Cli.ExitCode.Usage, why);
}
