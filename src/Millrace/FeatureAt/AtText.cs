using System.Globalization;
using System.Text;
using Millrace.FeatureBuild;
using Millrace.Features.Definitions;
using Millrace.Features.PointInTime;

namespace Millrace.FeatureAt;

/// <summary>Answers for people: a line each that <c>grep</c> finds.</summary>
internal static class AtText
{
    private const int MostHeld = 200;

    public static string Of(EntityAnswer answer)
    {
        var text = new StringBuilder();
        var request = answer.Request;
        var known = request.AsOf.Known == request.AsOf.Time ? "" : $", knowing what was received before {request.AsOf.Known}";
        Line(text, $"{DefinitionText.Entity(request.Entity)} {request.Id} as of {request.AsOf.Time}{known}; {answer.Folded:N0} facts folded; definitions {answer.Definitions}");
        var names = answer.Features.Select(feature => feature.Definition.Name.Length).DefaultIfEmpty().Max();
        foreach (var feature in answer.Features)
        {
            var definition = feature.Definition;
            Line(text, $"{definition.Name.PadRight(names)}  {Number(feature.Value)}{(feature.IsDefault ? "  (default: the value is missing)" : "")}");
            Line(text, $"    {(definition.Entity == FeatureEntity.Item ? "item" : DefinitionText.Entity(definition.Entity))}, {DefinitionText.Of(definition)}{(definition.Info.Life == FeatureLife.Deprecated ? ", deprecated" : "")}");
            foreach (var state in feature.States)
            {
                Line(text, $"    from {state.Key}{Events(state)}{(state.Holds.Length > 0 ? $": {Short(state.Holds)}" : "")}");
            }
        }

        if (answer.Features.IsEmpty)
        {
            Line(text, $"The configuration defines no feature of entity {DefinitionText.Entity(request.Entity)}.");
        }

        foreach (var note in answer.Notes)
        {
            Line(text, $"note: {note}");
        }

        return text.ToString();
    }

    public static string Of(DecisionAnswer answer)
    {
        var text = new StringBuilder();
        var decided = answer.Decided;
        Line(text, $"decision {decided.Id} by {decided.Policy} on {decided.Surface} at {WalkOptions.TimeOf(decided)}; epoch {decided.Epoch}; definitions {answer.Definitions}");
        if (Reason(answer) is { } reason)
        {
            Line(text, $"not built: {reason}");
        }

        if (answer.Served.IsEmpty && answer.Built.IsEmpty)
        {
            return text.ToString(); // A slim record says nothing of its own.
        }

        Line(text, $"{(decided.Inputs is null ? "slim record: built alone, since it does not say what was served" : answer.Built.IsEmpty ? "full record: served" : "full record: served, built")}; {answer.Items.Length} items, {answer.Features.Length} features");
        var names = answer.Features.Select(name => name.Length).DefaultIfEmpty().Max();
        for (var row = 0; row < answer.Items.Length; row++)
        {
            var place = answer.PlaceOf(answer.Items[row]) is { } placed ? $", {placed.Slot} {placed.Rank}" : "";
            Line(text, $"item {answer.Items[row]}{place}");
            for (var column = 0; column < answer.Features.Length; column++)
            {
                Cell(text, answer, answer.Features[column].PadRight(names), (row * answer.Features.Length) + column);
            }
        }

        End(text, answer);
        return text.ToString();
    }

    /// <summary>Why a decision could not be built again; null when it was.</summary>
    public static string? Reason(DecisionAnswer answer) => answer.NotVisited is not { } reason
        ? null
        : $"{reason.Say()}{(answer.Others is { } other ? string.Create(CultureInfo.InvariantCulture, $": epoch {other.FirstEpoch} had definitions {(other.Fingerprint.Length == 0 ? "that nobody recorded" : other.Fingerprint)}, these are {answer.Definitions}") : "")}";

    private static void Cell(StringBuilder text, DecisionAnswer answer, string name, int cell)
    {
        var served = answer.Served.IsEmpty ? "" : $"  {Number(answer.Served[cell]),-14}";
        var built = answer.Built.IsEmpty ? "" : $"  {Number(answer.Built[cell]),-14}";
        Line(text, $"  {name}{served}{built}{(answer.IsGiven(cell) ? "  given by the caller" : answer.Differs(cell) ? "  DIFFERS" : "")}".TrimEnd());
    }

    private static void End(StringBuilder text, DecisionAnswer answer)
    {
        if (!answer.Served.IsEmpty && !answer.Built.IsEmpty)
        {
            Line(text, $"{answer.Different} of {answer.Built.Length} cells differ");
        }

        if (!answer.Whole)
        {
            Line(text, $"note: a bound was hit (see folding in the configuration): values may differ from those that were served");
        }
    }

    private static string Events(StateText state) => state.Events is { } events ? string.Create(CultureInfo.InvariantCulture, $", {events:N0} {(events == 1 ? "event" : "events")} within reach") : "";

    private static string Short(string text) => text.Length <= MostHeld ? text : $"{text[..MostHeld]}… (--json has all)";

    private static string Number(float value) => float.IsNaN(value) ? "missing" : value.ToString("R", CultureInfo.InvariantCulture);

    private static void Line(StringBuilder text, FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');

    private static void Line(StringBuilder text, string line) => text.Append(line).Append('\n');
}
