using System.Collections.Immutable;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text.Json;
using Millrace.Decisions.Ladder;
using Millrace.Decisions.Reranking;
using Millrace.Models.Policies;

namespace Millrace.Decisions.Replay;

/// <summary>
/// What making a slate read of the candidates, as a full record holds it: by value, so that a replay needs no catalogue.
/// </summary>
internal sealed record RecordedSlate
{
    internal static RecordedSlate None { get; } = new();

    /// <summary>What the request added to the policy's constraints.</summary>
    internal SlateConstraints? Asked { get; init; }

    /// <summary>Attribute → the number of its value by candidate, as <see cref="SlateInputs.Groups"/> has them: values themselves are long, and the request may choose whose.</summary>
    internal ImmutableSortedDictionary<string, ImmutableArray<int>> Groups { get; init; } = ImmutableSortedDictionary.Create<string, ImmutableArray<int>>(StringComparer.Ordinal);

    /// <summary>Which quotas each candidate serves.</summary>
    internal ImmutableArray<byte> Quotas { get; init; } = [];

    /// <summary>The policy's paces, in its order, with the bonus that was in force.</summary>
    internal ImmutableArray<RecordedPace> Paces { get; init; } = [];

    /// <summary>Which paces each candidate counts for.</summary>
    internal ImmutableArray<byte> Paced { get; init; } = [];

    internal int Dimensions { get; init; }

    internal ImmutableArray<byte> Vectors { get; init; } = [];

    internal static RecordedSlate Of(SlateInputs inputs) => new()
    {
        Asked = inputs.Asked,
        Groups = inputs.Names.ToImmutableSortedDictionary(name => name, name => inputs.Groups(name).ToImmutableArray(), StringComparer.Ordinal),
        Quotas = [.. inputs.Quotas],
        Paces = RecordedPace.Of(inputs),
        Paced = [.. inputs.Paced],
        Dimensions = inputs.Dimensions,
        Vectors = [.. MemoryMarshal.AsBytes(inputs.Vectors)],
    };

    /// <summary>The inputs again.</summary>
    /// <exception cref="JsonException">Something that <paramref name="policy"/> reads on <paramref name="rung"/> is missing, or is none of what is recorded.</exception>
    internal SlateInputs Restore(Policy policy, int candidates, Rung rung)
    {
        var inputs = new SlateInputs();
        inputs.Begin(policy, Asked, candidates, rung);
        foreach (string name in inputs.Names)
        {
            ImmutableArray<int> groups = Groups.GetValueOrDefault(name, []);
            Expect(groups.Length, candidates, name);
            if (groups.Any(group => group < -1 || group >= candidates)) throw new JsonException($"{name}: a group beyond the candidates");
            inputs.SetGroups(name, groups.AsSpan());
        }

        int quotas = inputs.Constraints.AtLeast.Length;
        Expect(Quotas.Length, quotas == 0 ? 0 : candidates, "quotas");
        if (quotas > 8 || Quotas.Any(quota => quota >> quotas != 0)) throw new JsonException($"quotas: expected {quotas}");
        inputs.SetQuotas(Quotas.AsSpan());
        RecordedPace.Restore(Paces, Paced, policy.Pacing, inputs);
        Expect(Vectors.Length, candidates * (long)Dimensions, "vectors");
        inputs.SetVectors(Dimensions, MemoryMarshal.Cast<byte, sbyte>(Vectors.AsSpan()));
        return inputs;
    }

    internal void Write(Utf8JsonWriter json)
    {
        if (Asked is { } asked)
        {
            json.WriteStartObject("constraints");
            ConstraintsJson.WriteAtMost(json, asked.AtMost);
            ConstraintsJson.WriteAtLeast(json, asked.AtLeast);
            json.WriteEndObject();
        }

        if (Groups.Count > 0)
        {
            json.WriteStartObject("groups");
            foreach (var (name, groups) in Groups) WriteNumbers(json, name, groups);
            json.WriteEndObject();
        }

        if (!Quotas.IsEmpty) WriteNumbers(json, "quotas", Quotas);
        RecordedPace.Write(json, Paces);
        if (!Paced.IsEmpty) WriteNumbers(json, "paced", Paced);
        if (Dimensions == 0) return;
        json.WriteNumber("dimensions", Dimensions);
        json.WriteBase64String("vectors", Vectors.AsSpan());
    }

    /// <summary>Reads what <see cref="Write"/> wrote into the object <paramref name="root"/>.</summary>
    internal static RecordedSlate Read(JsonElement root) => new()
    {
        Asked = root.TryGetProperty("constraints", out JsonElement asked) ? new SlateConstraints(ConstraintsJson.ReadAtMost(asked), ConstraintsJson.ReadAtLeast(asked)) : null,
        Groups = root.TryGetProperty("groups", out JsonElement groups)
            ? groups.EnumerateObject().ToImmutableSortedDictionary(
                property => property.Name, property => property.Value.EnumerateArray().Select(group => group.GetInt32()).ToImmutableArray(), StringComparer.Ordinal)
            : None.Groups,
        Quotas = root.TryGetProperty("quotas", out JsonElement quotas) ? [.. quotas.EnumerateArray().Select(quota => quota.GetByte())] : [],
        Paces = RecordedPace.Read(root),
        Paced = root.TryGetProperty("paced", out JsonElement paced) ? [.. paced.EnumerateArray().Select(bits => bits.GetByte())] : [],
        Dimensions = root.TryGetProperty("dimensions", out JsonElement dimensions) ? dimensions.GetInt32() : 0,
        Vectors = root.TryGetProperty("vectors", out JsonElement vectors) ? [.. vectors.GetBytesFromBase64()] : [],
    };

    private static void WriteNumbers<T>(Utf8JsonWriter json, string name, ImmutableArray<T> numbers)
        where T : IBinaryInteger<T>
    {
        json.WriteStartArray(name);
        foreach (T number in numbers) json.WriteNumberValue(int.CreateTruncating(number));
        json.WriteEndArray();
    }

    private static void Expect(long got, long expected, string name)
    {
        if (got != expected) throw new JsonException($"{name}: {got} for {expected} candidates");
    }
}
