using System.Text.Json;
using Millrace.Decisions.Explain;
using Millrace.Journal.Facts;

namespace Millrace.Api;

/// <summary>Shows why a decision is as it is.</summary>
internal static class ExplanationWriter
{
    /// <summary>Writes the members of an explanation: asOf, scoredBy, items[] and whyNot where there are any, and a verdict always.</summary>
    public static void Write(Utf8JsonWriter json, Decided decision, Explanation explanation)
    {
        if (explanation.Verdict == ExplainVerdict.Explained)
        {
            json.WriteString("asOf", decision.Inputs!.Now.ToString());
            json.WriteString("scoredBy", Word(explanation.ScoredBy.ToString()));
            json.WriteStartArray("items");
            foreach (var item in explanation.Items)
            {
                json.WriteStartObject();
                WriteItem(json, item);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            WriteWhyNot(json, explanation.WhyNot);
        }

        json.WriteString("verdict", Word(explanation.Verdict.ToString()));
    }

    private static void WriteWhyNot(Utf8JsonWriter json, Absence? absence)
    {
        if (absence is null)
        {
            return;
        }

        json.WriteStartObject("whyNot");
        json.WriteString("reason", Word(absence.Reason.ToString()));
        Reply.WriteOptional(json, "detail", absence.Detail);
        if (absence.As is { } candidate)
        {
            WriteItem(json, candidate);
        }
        else
        {
            json.WriteString("id", absence.Item);
        }

        json.WriteEndObject();
    }

    private static void WriteItem(Utf8JsonWriter json, ExplainedItem item)
    {
        json.WriteString("id", item.Item);
        if (item.Shown is { } shown)
        {
            WritePlace(json, shown);
        }

        DecisionWriter.WriteFinite(json, "utility", item.Utility);
        json.WriteNumber("byUtility", item.ByUtility);
        DecisionWriter.WriteSources(json, item.Sources);
        WritePlace(json, "greedy", item.Greedy);
        json.WriteStartArray("without");
        foreach (var other in item.Without)
        {
            json.WriteStartObject();
            json.WriteString("rule", other.Rule);
            WritePlace(json, "place", other.Place);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteAdded(json, item);
        json.WriteStartArray("heads");
        foreach (var head in item.Heads)
        {
            WriteHead(json, head);
        }

        json.WriteEndArray();
    }

    private static void WriteAdded(Utf8JsonWriter json, ExplainedItem item)
    {
        if (item.Boost != 0)
        {
            DecisionWriter.WriteFinite(json, "boost", item.Boost);
        }

        if (item.Pacing.IsEmpty)
        {
            return;
        }

        json.WriteStartArray("pacing");
        foreach (var pace in item.Pacing)
        {
            json.WriteStartObject();
            json.WriteString("pace", pace.Pace);
            DecisionWriter.WriteFinite(json, "bonus", pace.Bonus);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteHead(Utf8JsonWriter json, ExplainedHead head)
    {
        json.WriteStartObject();
        json.WriteString("head", head.Name);
        json.WriteNumber("weight", head.Weight);
        DecisionWriter.WriteFinite(json, "value", head.Value);
        DecisionWriter.WriteFinite(json, "raw", head.Raw);
        DecisionWriter.WriteFinite(json, "base", head.Base);
        json.WriteStartArray("contributions");
        foreach (var contribution in head.Contributions)
        {
            json.WriteStartObject();
            json.WriteString("feature", contribution.Feature);
            if (contribution.Weight is { } weight)
            {
                json.WriteNumber("weight", weight);
            }

            if (float.IsNaN(contribution.Value))
            {
                json.WriteNull("value");
            }
            else
            {
                DecisionWriter.WriteFinite(json, "value", contribution.Value);
            }

            if (contribution.Amount is { } amount)
            {
                DecisionWriter.WriteFinite(json, "contribution", amount);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        DecisionWriter.WriteFinite(json, "others", head.Others);
        json.WriteEndObject();
    }

    private static void WritePlace(Utf8JsonWriter json, string name, SlatePlace? place)
    {
        if (place is { } at)
        {
            json.WriteStartObject(name);
            WritePlace(json, at);
            json.WriteEndObject();
        }
    }

    private static void WritePlace(Utf8JsonWriter json, SlatePlace place)
    {
        json.WriteString("slot", place.Slot);
        json.WriteNumber("rank", place.Rank);
    }

    private static string Word(string name) => char.ToLowerInvariant(name[0]) + name[1..];
}
