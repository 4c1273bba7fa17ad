using System.Collections.Immutable;
using Millrace.Learning.Attribution;

namespace Millrace.Node.Configuration;

/// <summary>What counts as an outcome of an item that was shown: the labels that models learn. What is not written stays as it is by default.</summary>
internal static class OutcomesSection
{
    private const int Most = 64;

    private static readonly TimeSpan Longest = TimeSpan.FromDays(90);

    public static MapShape Shape { get; } = new("a mapping of outcomes by name", new ObjectShape("an outcome like {event: click, window: 600s}",
    [
        new("event", Scalars.Name, "The event that is one. Default: of the outcome's name."),
        new("window", Scalars.Duration(TimeSpan.FromSeconds(1), Longest), "An event that happened later after its decision is none of it. Default: 600s; conversion 7d, dwell 1h, hide and report 1d."),
        new("value", Scalars.OneOf("any", "first", "sum", "max"), "What several events make: 1, the value of the first, the sum of their values, or the greatest. Default: any; dwell sum."),
        new("touch", Scalars.OneOf("last", "first", "all", "none"), "Which decisions an event is of that names none, among those that placed its item for the same person within the window before it.", "last", "what was shown last is what was acted on"),
        new("default", Scalars.Number(-1e9, 1e9), "The label where the window closed without an event.", "0", "nothing came of it"),
        new("unit", Scalars.Line("a unit", 32), "The unit of the values; events of another do not count."),
    ]), Most);

    /// <summary>Checks what no single setting can know.</summary>
    public static void Check(Bound outcomes, ConfigFaults faults)
    {
        foreach (var outcome in outcomes.Entries)
        {
            if (LabelFiles.IsTaken(outcome.Name))
            {
                faults.Add(new ConfigFault(outcome.Mark, outcome.Value.Path, "a name that no column of labels has, and that ends in neither .closed nor .late", $"'{outcome.Name}'"));
            }

            if (outcome.Value.Object is { } settings && settings["unit"].IsWritten && (settings["value"].Text ?? "any") == "any" && !IsSum(outcome.Name, settings))
            {
                faults.Add(new ConfigFault(settings["unit"].Mark, settings["unit"].Path, "it beside a value of first, sum or max", "a value of any"));
            }
        }
    }

    public static ImmutableArray<OutcomeDefinition> Bind(Bound outcomes)
    {
        var all = OutcomeDefinition.Defaults.ToImmutableSortedDictionary(outcome => outcome.Name, outcome => outcome, StringComparer.Ordinal);
        foreach (var entry in outcomes.Entries)
        {
            var (given, written) = (all.GetValueOrDefault(entry.Name) ?? new OutcomeDefinition(entry.Name, entry.Name, TimeSpan.FromSeconds(600)), entry.Value.Object!);
            all = all.SetItem(entry.Name, given with
            {
                Event = written["event"].Text ?? given.Event,
                Window = written.Find<TimeSpan>("window") ?? given.Window,
                Value = written["value"].Text is { } value ? Enum.Parse<OutcomeValue>(value, ignoreCase: true) : given.Value,
                Touch = Enum.Parse<OutcomeTouch>(written.Get<string>("touch"), ignoreCase: true),
                Default = written.Get<double>("default"),
                Unit = written["unit"].Text,
            });
        }

        return [.. all.Values];
    }

    private static bool IsSum(string name, BoundObject settings) =>
        !settings["value"].IsWritten && OutcomeDefinition.Defaults.FirstOrDefault(outcome => outcome.Name == name) is { Value: not OutcomeValue.Any };
}
