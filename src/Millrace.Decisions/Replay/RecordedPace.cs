using System.Collections.Immutable;
using System.Text.Json;
using Millrace.Decisions.Reranking;
using Millrace.Models.Policies;

namespace Millrace.Decisions.Replay;

/// <summary>A pace as a full record holds it: what its controller had learnt, by value, so that a replay needs none.</summary>
/// <param name="Attribute">The pace's attribute.</param>
/// <param name="Value">Its value.</param>
/// <param name="Bonus">What was added to the utility of its items.</param>
internal readonly record struct RecordedPace(string Attribute, string Value, double Bonus)
{
    internal static ImmutableArray<RecordedPace> Of(SlateInputs inputs)
    {
        var paces = ImmutableArray.CreateBuilder<RecordedPace>(inputs.Paces.Length);
        for (int i = 0; i < inputs.Paces.Length; i++) paces.Add(new RecordedPace(inputs.Paces[i].Attribute, inputs.Paces[i].Value, inputs.Bonuses[i]));
        return paces.MoveToImmutable();
    }

    /// <summary>Puts what was recorded into <paramref name="inputs"/>. A policy without paces is asked what it would have made of the candidates, and takes none.</summary>
    /// <exception cref="JsonException">The record is not one of a policy with these paces.</exception>
    internal static void Restore(ImmutableArray<RecordedPace> recorded, ImmutableArray<byte> paced, ImmutableArray<Pace> paces, SlateInputs inputs)
    {
        if (paces.IsEmpty) return;
        if (!recorded.Select(static pace => (pace.Attribute, pace.Value)).SequenceEqual(paces.Select(static pace => (pace.Attribute, pace.Value)))) throw new JsonException("pacing: not the policy's");
        if (recorded.Any(static pace => !double.IsFinite(pace.Bonus))) throw new JsonException("pacing: a bonus that is no number");
        if (paced.Length != inputs.Count || paced.Any(bits => bits >> paces.Length != 0)) throw new JsonException($"paced: expected {paces.Length} paces of {inputs.Count} candidates");
        inputs.SetPaced(paced.AsSpan());
        inputs.SetBonuses(recorded.Select(static pace => pace.Bonus).ToArray());
    }

    internal static void Write(Utf8JsonWriter json, ImmutableArray<RecordedPace> paces)
    {
        if (paces.IsEmpty) return;
        json.WriteStartArray("pacing");
        foreach (RecordedPace pace in paces)
        {
            json.WriteStartObject();
            json.WriteString("attribute", pace.Attribute);
            json.WriteString("value", pace.Value);
            json.WriteNumber("bonus", pace.Bonus);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Reads what <see cref="Write"/> wrote into the object <paramref name="root"/>.</summary>
    internal static ImmutableArray<RecordedPace> Read(JsonElement root) => root.TryGetProperty("pacing", out JsonElement paces)
        ? [.. paces.EnumerateArray().Select(static pace => new RecordedPace(pace.GetProperty("attribute").GetString()!, pace.GetProperty("value").GetString()!, pace.GetProperty("bonus").GetDouble()))]
        : [];
}
