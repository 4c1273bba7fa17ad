using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Millrace.Learning.Evaluation.Logs;
using Millrace.Learning.Evaluation.OffPolicy;

namespace Millrace.Evaluate;

/// <summary>Evaluations as one object of JSON: a member for each, by its name.</summary>
/// <param name="Evaluations">By name.</param>
/// <param name="Bounds">From where on a log is said to know a policy.</param>
internal sealed record EvaluationReport(IReadOnlyList<(string Name, Evaluation Evaluation)> Evaluations, OverlapBounds Bounds)
{
    private static readonly JsonWriterOptions Indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Of all: what does not pass outweighs what does, and what cannot be told outweighs both.</summary>
    public Verdict Verdict => Evaluations.Select(static one => one.Evaluation.Verdict).Max();

    /// <summary>Writes the file beside its name and renames it: a killed command leaves none that is half.</summary>
    public async Task WriteAsync(string path, EstimationOptions options, BadLines? bad, CancellationToken cancellation)
    {
        var bytes = new ArrayBufferWriter<byte>();
        await using (var json = new Utf8JsonWriter(bytes, Indented))
        {
            json.WriteStartObject();
            foreach (var (name, evaluation) in Evaluations)
            {
                json.WriteStartObject(name);
                evaluation.WriteTo(json, Bounds);
                json.WriteNumber("replicates", options.Replicates);
                json.WriteNumber("seed", options.Seed);
                if (bad is not null)
                {
                    WriteBad(json, bad);
                }

                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        await File.WriteAllBytesAsync(path + ".new", bytes.WrittenMemory, cancellation);
        File.Move(path + ".new", path, overwrite: true);
    }

    private static void WriteBad(Utf8JsonWriter json, BadLines bad)
    {
        json.WriteStartObject("leftOut");
        foreach (var (reason, (count, first)) in bad.ByReason)
        {
            json.WriteStartObject(reason);
            json.WriteNumber("lines", count);
            json.WriteNumber("first", first);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}
