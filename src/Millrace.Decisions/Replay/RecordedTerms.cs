using System.Collections.Immutable;
using System.Text.Json;
using Millrace.Decisions.Ranking;

namespace Millrace.Decisions.Replay;

/// <summary>What terms from outside said of each candidate, as a full record holds it: by value, since nobody could ask them again.</summary>
/// <param name="Columns">Term → its value by candidate; NaN is missing.</param>
internal sealed record RecordedTerms(ImmutableSortedDictionary<string, ImmutableArray<float>> Columns)
{
    internal static RecordedTerms None { get; } = new(ImmutableSortedDictionary.Create<string, ImmutableArray<float>>(StringComparer.Ordinal));

    internal static RecordedTerms Of(RankingPlan plan, ReadOnlySpan<float> columns, int count)
    {
        var named = None.Columns.ToBuilder();
        for (int term = 0; term < plan.Terms.Length; term++) named.Add(plan.Terms[term], [.. columns.Slice(term * count, count)]);
        return new RecordedTerms(named.ToImmutable());
    }

    /// <summary>The columns that <paramref name="plan"/> reads, one after the other.</summary>
    /// <exception cref="JsonException">One is not there.</exception>
    internal float[] Restore(RankingPlan plan, int count)
    {
        if (plan.Terms.IsEmpty) return [];
        var columns = new float[plan.Terms.Length * count];
        for (int term = 0; term < plan.Terms.Length; term++)
        {
            ImmutableArray<float> own = Columns.GetValueOrDefault(plan.Terms[term], []);
            if (own.Length != count) throw new JsonException($"terms.{plan.Terms[term]}: {own.Length} for {count} candidates");
            own.CopyTo(columns, term * count);
        }

        return columns;
    }

    internal void Write(Utf8JsonWriter json)
    {
        if (Columns.IsEmpty) return;
        json.WriteStartObject("terms");
        foreach (var (name, values) in Columns)
        {
            json.WriteStartArray(name);
            foreach (float value in values)
            {
                if (float.IsFinite(value)) json.WriteNumberValue(value);
                else json.WriteNullValue();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    /// <summary>Reads what <see cref="Write"/> wrote into the object <paramref name="root"/>.</summary>
    internal static RecordedTerms Read(JsonElement root) => root.TryGetProperty("terms", out JsonElement terms)
        ? new RecordedTerms(terms.EnumerateObject().ToImmutableSortedDictionary(
            static term => term.Name,
            static term => term.Value.EnumerateArray().Select(static value => value.ValueKind == JsonValueKind.Null ? float.NaN : value.GetSingle()).ToImmutableArray(),
            StringComparer.Ordinal))
        : None;
}
