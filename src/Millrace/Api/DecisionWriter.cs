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
            Explain(json, decision, services.Policy(decision.Policy));
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

    /// <summary>Writes what each score is made of as far as the record tells, and a verdict: explained, notRecorded, erased or policyMissing.</summary>
    public static void Explain(Utf8JsonWriter json, Decided decision, Policy? policy)
    {
        var explained = TryExplain(json, decision, policy);
        json.WriteString("verdict", explained ? "explained" : decision.Erased ? "erased" : decision.Inputs is null ? "notRecorded" : "policyMissing");
    }

    /// <summary>Writes when features were read, and per placed item its features, their weights and their products: what the policy's blend makes of the full record.</summary>
    /// <returns>False when the record is slim or the policy is not at hand: nothing was written.</returns>
    public static bool TryExplain(Utf8JsonWriter json, Decided decision, Policy? policy)
    {
        if (decision.Inputs is not { } inputs || policy is null)
        {
            return false;
        }

        var rows = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var row = 0; row < inputs.Candidates.Length; row++)
        {
            rows[inputs.Candidates[row]] = row;
        }

        json.WriteString("asOf", inputs.Now.ToString());

        // From the lighter scorer on no feature is read: a score is the item's place in its list, best first.
        var scored = decision.Rung < (int)Rung.LighterScorer;
        var blended = scored && policy.Heads.IsEmpty;
        json.WriteString("scoredBy", blended ? "blend" : scored ? "heads" : "place");
        json.WriteStartArray("items");
        foreach (var slot in decision.Slots)
        {
            for (var i = 0; i < slot.Items.Length; i++)
            {
                json.WriteStartObject();
                json.WriteString("id", slot.Items[i].Item);
                json.WriteString("slot", slot.Slot);
                json.WriteNumber("rank", i + 1);
                WriteFinite(json, "score", slot.Items[i].Score);
                if (blended)
                {
                    json.WriteStartArray("contributions");
                    if (rows.TryGetValue(slot.Items[i].Item, out var row))
                    {
                        WriteContributions(json, inputs, row, policy);
                    }

                    json.WriteEndArray();
                }

                json.WriteEndObject();
            }
        }

        json.WriteEndArray();
        return true;
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
        json.WriteStartArray("source");
        for (var bit = 0; bit < Sources.Length; bit++)
        {
            if ((item.Sources & (1u << bit)) != 0)
            {
                json.WriteStringValue(Sources[bit]);
            }
        }

        json.WriteEndArray();
        Reply.WriteOptional(json, "url", link.Url);
        Reply.WriteOptional(json, "token", link.Token);
        json.WriteEndObject();
    }

    // Records from before the kind was stated are conditional: there was no other.
    private static string Kind(PropensityKind? kind) => kind switch
    {
        PropensityKind.Marginal => "marginal",
        PropensityKind.Slate => "slate",
        _ => "conditional",
    };

    private static void WriteContributions(Utf8JsonWriter json, DecisionInputs inputs, int row, Policy policy)
    {
        foreach (var (feature, weight) in policy.Blend)
        {
            var column = inputs.Features.IndexOf(feature);
            var value = column < 0 ? float.NaN : inputs.Matrix[(row * inputs.Features.Length) + column];
            json.WriteStartObject();
            json.WriteString("feature", feature);
            json.WriteNumber("weight", weight);
            if (float.IsNaN(value))
            {
                json.WriteNull("value");
            }
            else
            {
                WriteFinite(json, "value", value);
                WriteFinite(json, "contribution", weight * value);
            }

            json.WriteEndObject();
        }
    }

    // JSON has no infinity, which a sum of values near the end of their range may reach: such a number is left out.
    private static void WriteFinite(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value))
        {
            json.WriteNumber(name, value);
        }
    }
}
