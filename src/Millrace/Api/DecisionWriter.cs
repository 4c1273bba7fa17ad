using System.Text.Json;
using Millrace.Decisions.Ladder;
using Millrace.Journal.Facts;
using Millrace.Models.Policies;

namespace Millrace.Api;

/// <summary>Shows decisions, and what their scores are made of.</summary>
internal static class DecisionWriter
{
    private static readonly string[] Sources =
        [.. Enum.GetValues<CandidateSourceKind>().OrderBy(k => (int)k).Select(k => char.ToLowerInvariant(k.ToString()[0]) + k.ToString()[1..])];

    /// <summary>Writes the members that a reply to decide and GET /v1/decisions/{id} share.</summary>
    public static void Write(Utf8JsonWriter json, Decided decision, DecisionLinks links)
    {
        json.WriteString("decisionId", decision.Id);
        json.WriteStartArray("slots");
        foreach (var slot in decision.Slots)
        {
            json.WriteStartObject();
            json.WriteString("id", slot.Slot);
            json.WriteStartArray("items");
            for (var i = 0; i < slot.Items.Length; i++)
            {
                WriteItem(json, slot.Items[i], i + 1, links.Of(slot.Slot, i + 1));
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("propensities", Kind(decision.Propensities));
        json.WriteString("policy", decision.Policy);
        Reply.WriteOptional(json, "model", decision.Model);
        json.WriteStartObject("features");
        json.WriteNumber("epoch", decision.Epoch);
        json.WriteEndObject();
        WriteDegraded(json, decision);
    }

    /// <summary>Writes the reply to one request.</summary>
    public static void WriteReply(Utf8JsonWriter json, Decided decision, DecisionLinks links, TimeSpan took, bool explain, ApiServices services)
    {
        Write(json, decision, links);
        WriteTook(json, took);
        if (explain)
        {
            json.WriteStartObject("explain");
            ExplanationWriter.Write(json, decision, services.Explain(decision, null));
            json.WriteEndObject();
        }
    }

    /// <summary>Writes how long deciding took, in milliseconds.</summary>
    public static void WriteTook(Utf8JsonWriter json, TimeSpan took) => json.WriteNumber("took", Math.Round(took.TotalMilliseconds, 3));

    /// <summary>Writes the rung of the ladder that answered, and why; nothing when it was the first and for no reason.</summary>
    public static void WriteDegraded(Utf8JsonWriter json, Decided decision)
    {
        if (decision.Rung > 0 || !decision.Degraded.IsEmpty)
        {
            json.WriteStartObject("degraded");
            json.WriteNumber("level", decision.Rung);
            json.WriteStartArray("reasons");
            foreach (var reason in decision.Degraded)
            {
                json.WriteStringValue(reason);
            }

            json.WriteEndArray();
            WriteRelaxed(json, decision);
            json.WriteEndObject();
        }
    }

    /// <summary>Writes the quotas that the slate does not meet.</summary>
    private static void WriteRelaxed(Utf8JsonWriter json, Decided decision)
    {
        if (decision.Relaxed.IsEmpty)
        {
            return;
        }

        json.WriteStartArray("relaxed");
        foreach (var quota in decision.Relaxed)
        {
            json.WriteStringValue(quota);
        }

        json.WriteEndArray();
    }

    private static void WriteItem(Utf8JsonWriter json, DecidedItem item, int rank, (string? Token, string? Url) link)
    {
        json.WriteStartObject();
        json.WriteString("id", item.Item);
        json.WriteNumber("rank", rank);
        WriteFinite(json, "score", item.Score);
        json.WriteNumber("propensity", item.Propensity);
        json.WriteBoolean("explored", item.Explored);
        json.WriteBoolean("explorable", item.Explorable);
        WriteSources(json, item.Sources);
        Reply.WriteOptional(json, "url", link.Url);
        Reply.WriteOptional(json, "token", link.Token);
        json.WriteEndObject();
    }

    /// <summary>Writes who named an item.</summary>
    internal static void WriteSources(Utf8JsonWriter json, uint sources)
    {
        json.WriteStartArray("source");
        for (var bit = 0; bit < Sources.Length; bit++)
        {
            if ((sources & (1u << bit)) != 0)
            {
                json.WriteStringValue(Sources[bit]);
            }
        }

        json.WriteEndArray();
    }

    // Records from before the kind was stated are conditional: there was no other.
    private static string Kind(PropensityKind? kind) => kind switch
    {
        PropensityKind.Marginal => "marginal",
        PropensityKind.Slate => "slate",
        _ => "conditional",
    };

    // JSON has no infinity, which a sum of values near the end of their range may reach: such a number is left out.
    internal static void WriteFinite(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value))
        {
            json.WriteNumber(name, value);
        }
    }
}
