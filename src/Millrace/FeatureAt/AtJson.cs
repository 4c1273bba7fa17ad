using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Millrace.Features.PointInTime;

namespace Millrace.FeatureAt;

/// <summary>Answers for programs: one JSON object on one line. A missing value is null.</summary>
internal static class AtJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Of(EntityAnswer answer) => Write(json =>
    {
        var request = answer.Request;
        json.WriteString("entity", DefinitionText.Entity(request.Entity));
        json.WriteString("id", request.Id);
        json.WriteString("time", request.AsOf.Time.ToString());
        json.WriteString("known", request.AsOf.Known.ToString());
        json.WriteString("definitions", answer.Definitions);
        json.WriteStartArray("features");
        foreach (var feature in answer.Features)
        {
            Write(json, feature);
        }

        json.WriteEndArray();
        Texts(json, "notes", answer.Notes);
    });

    public static string Of(DecisionAnswer answer) => Write(json =>
    {
        json.WriteString("decision", answer.Decided.Id);
        json.WriteString("time", WalkOptions.TimeOf(answer.Decided).ToString());
        json.WriteString("policy", answer.Decided.Policy);
        json.WriteString("surface", answer.Decided.Surface);
        json.WriteNumber("epoch", answer.Decided.Epoch);
        json.WriteString("definitions", answer.Definitions);
        json.WriteString("record", answer.Decided.Inputs is null ? "slim" : "full");
        if (AtText.Reason(answer) is { } reason)
        {
            json.WriteString("notBuilt", JsonNamingPolicy.CamelCase.ConvertName(answer.NotVisited!.Value.ToString()));
            json.WriteString("reason", reason);
        }

        json.WriteBoolean("whole", answer.Whole);
        json.WriteNumber("different", answer.Different);
        Texts(json, "features", answer.Features);
        json.WriteStartArray("items");
        for (var row = 0; row < answer.Items.Length; row++)
        {
            Write(json, answer, row);
        }

        json.WriteEndArray();
    });

    private static void Write(Utf8JsonWriter json, FeatureValue feature)
    {
        json.WriteStartObject();
        json.WriteString("name", feature.Definition.Name);
        json.WritePropertyName("value");
        Number(json, feature.Value);
        json.WriteBoolean("default", feature.IsDefault);
        json.WriteString("kind", DefinitionText.Kind(feature.Definition));
        json.WriteString("entity", DefinitionText.Entity(feature.Definition.Entity));
        json.WriteString("definition", DefinitionText.Of(feature.Definition));
        json.WriteStartArray("states");
        foreach (var state in feature.States)
        {
            json.WriteStartObject();
            json.WriteString("key", state.Key);
            if (state.Events is { } events)
            {
                json.WriteNumber("events", events);
            }

            json.WriteString("holds", state.Holds);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, DecisionAnswer answer, int row)
    {
        var width = answer.Features.Length;
        json.WriteStartObject();
        json.WriteString("item", answer.Items[row]);
        if (answer.PlaceOf(answer.Items[row]) is { } place)
        {
            json.WriteString("slot", place.Slot);
            json.WriteNumber("rank", place.Rank);
        }

        foreach (var (name, matrix) in ((string, IReadOnlyList<float>)[])[("served", answer.Served), ("built", answer.Built)])
        {
            if (matrix.Count > 0)
            {
                json.WriteStartArray(name);
                for (var column = 0; column < width; column++)
                {
                    Number(json, matrix[(row * width) + column]);
                }

                json.WriteEndArray();
            }
        }

        var columns = Enumerable.Range(0, width).ToArray();
        Texts(json, "given", columns.Where(column => answer.IsGiven((row * width) + column)).Select(column => answer.Features[column]));
        Texts(json, "differs", columns.Where(column => answer.Differs((row * width) + column)).Select(column => answer.Features[column]));
        json.WriteEndObject();
    }

    private static void Texts(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    private static void Number(Utf8JsonWriter json, float value)
    {
        if (float.IsFinite(value))
        {
            json.WriteNumberValue(value);
        }
        else
        {
            json.WriteNullValue();
        }
    }

    private static string Write(Action<Utf8JsonWriter> write)
    {
        var body = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(body, Options))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(body.WrittenSpan) + "\n";
    }
}
