using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text.Json;
using Millrace.Decisions.Reranking;
using Millrace.Models.Policies;

namespace Millrace.Decisions.Replay;

/// <summary>
/// What making a slate read of the candidates, as a full record holds it: by value, so that a replay needs no catalogue. Providers stand in the record already.
/// </summary>
internal sealed record RecordedSlate
{
    internal static RecordedSlate None { get; } = new();

    /// <summary>What the request added to the policy's constraints.</summary>
    internal SlateConstraints? Asked { get; init; }

    /// <summary>Attribute → its value by candidate.</summary>
    internal ImmutableSortedDictionary<string, ImmutableArray<string>> Attributes { get; init; } =
        ImmutableSortedDictionary.Create<string, ImmutableArray<string>>(StringComparer.Ordinal);

    internal ImmutableArray<long> Ages { get; init; } = [];

    internal int Dimensions { get; init; }

    internal ImmutableArray<byte> Vectors { get; init; } = [];

    internal static RecordedSlate Of(SlateInputs inputs) => new()
    {
        Asked = inputs.Asked,
        Attributes = inputs.Names.Where(name => name != "provider").ToImmutableSortedDictionary(name => name, name => inputs.Attribute(name).ToImmutableArray(), StringComparer.Ordinal),
        Ages = [.. inputs.Ages],
        Dimensions = inputs.Dimensions,
        Vectors = [.. MemoryMarshal.AsBytes(inputs.Vectors)],
    };

    /// <summary>The inputs again.</summary>
    /// <exception cref="JsonException">Something that <paramref name="policy"/> reads is missing.</exception>
    internal SlateInputs Restore(Policy policy, ImmutableArray<string> providers)
    {
        var inputs = new SlateInputs();
        inputs.Begin(policy, Asked, providers.Length);
        foreach (string name in inputs.Names)
        {
            ImmutableArray<string> values = name == "provider" ? providers : Attributes.GetValueOrDefault(name, []);
            Expect(values.Length, inputs.Count, name);
            inputs.Set(name, values.AsSpan());
        }

        Expect(Ages.Length, inputs.Ages.Length, "ages");
        inputs.SetAges(Ages.AsSpan());
        Expect(Vectors.Length, inputs.Count * (long)Dimensions, "vectors");
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

        if (Attributes.Count > 0)
        {
            json.WriteStartObject("attributes");
            foreach (var (name, values) in Attributes)
            {
                json.WriteStartArray(name);
                foreach (string value in values) json.WriteStringValue(value);
                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        WriteNumbers(json);
    }

    private void WriteNumbers(Utf8JsonWriter json)
    {
        if (!Ages.IsEmpty)
        {
            json.WriteStartArray("ages");
            foreach (long age in Ages) json.WriteNumberValue(age);
            json.WriteEndArray();
        }

        if (Dimensions == 0) return;
        json.WriteNumber("dimensions", Dimensions);
        json.WriteBase64String("vectors", Vectors.AsSpan());
    }

    /// <summary>Reads what <see cref="Write"/> wrote into the object <paramref name="root"/>.</summary>
    internal static RecordedSlate Read(JsonElement root) => new()
    {
        Asked = root.TryGetProperty("constraints", out JsonElement asked) ? new SlateConstraints(ConstraintsJson.ReadAtMost(asked), ConstraintsJson.ReadAtLeast(asked)) : null,
        Attributes = root.TryGetProperty("attributes", out JsonElement attributes)
            ? attributes.EnumerateObject().ToImmutableSortedDictionary(
                property => property.Name, property => property.Value.EnumerateArray().Select(value => value.GetString()!).ToImmutableArray(), StringComparer.Ordinal)
            : None.Attributes,
        Ages = root.TryGetProperty("ages", out JsonElement ages) ? [.. ages.EnumerateArray().Select(age => age.GetInt64())] : [],
        Dimensions = root.TryGetProperty("dimensions", out JsonElement dimensions) ? dimensions.GetInt32() : 0,
        Vectors = root.TryGetProperty("vectors", out JsonElement vectors) ? [.. vectors.GetBytesFromBase64()] : [],
    };

    private static void Expect(long got, long expected, string name)
    {
        if (got != expected) throw new JsonException($"{name}: {got} for {expected} candidates");
    }
}
