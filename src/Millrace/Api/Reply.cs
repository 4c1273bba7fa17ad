using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Millrace.Api.Json;
using Millrace.Journal;

namespace Millrace.Api;

/// <summary>Writes replies: JSON of ours, and problem+json (RFC 9457).</summary>
internal static class Reply
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static async Task JsonAsync(HttpContext context, int status, Action<Utf8JsonWriter> write, string contentType = "application/json")
    {
        var body = new ArrayBufferWriter<byte>(1024);
        await using (var json = new Utf8JsonWriter(body, Options))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        context.Response.ContentLength = body.WrittenCount;
        context.Response.Headers.XContentTypeOptions = "nosniff";
        await context.Response.Body.WriteAsync(body.WrittenMemory, context.RequestAborted);
    }

    public static Task ProblemAsync(HttpContext context, ProblemException problem)
    {
        var (usual, title) = problem.Reason.Meaning();
        var status = problem.Status ?? usual;
        context.Response.Headers.CacheControl = "no-store";
        if (problem.Allow is not null)
        {
            context.Response.Headers.Allow = problem.Allow;
        }

        if (status is 429 or 503)
        {
            context.Response.Headers.RetryAfter = problem.Reason is ProblemReason.JournalFull or ProblemReason.Starting ? "1" : "10";
        }

        return JsonAsync(
            context,
            status,
            json =>
            {
                json.WriteString("type", "urn:millrace:" + problem.Reason.Word());
                json.WriteString("title", title);
                json.WriteNumber("status", status);
                json.WriteString("detail", problem.Message);
                Faults(json, problem.Faults);
                if (problem.Unlisted > 0)
                {
                    json.WriteNumber("unlistedErrors", problem.Unlisted);
                }
            },
            "application/problem+json");
    }

    public static void Faults(Utf8JsonWriter json, IReadOnlyList<Fault> faults)
    {
        if (faults.Count == 0)
        {
            return;
        }

        json.WriteStartArray("errors");
        foreach (var fault in faults)
        {
            json.WriteStartObject();
            json.WriteString("pointer", fault.Pointer);
            json.WriteString("expected", fault.Expected);
            WriteOptional(json, "got", fault.Got);
            WriteOptional(json, "nearest", fault.Nearest);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    public static void WriteOptional(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }

    /// <summary>Writes the member <c>position</c>.</summary>
    public static void Write(Utf8JsonWriter json, Position position)
    {
        json.WriteStartObject("position");
        json.WriteString("stream", position.Stream.ToString().ToLowerInvariant());
        json.WriteNumber("partition", position.Partition);
        json.WriteNumber("offset", position.Offset);
        json.WriteEndObject();
    }
}
