using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Millrace.Node.Skew;

namespace Millrace.Api;

/// <summary>GET /v1/features/skew: whether features are served as the journal gives them.</summary>
internal sealed class SkewEndpoint(Func<SkewReport> report)
{
    public Task GetAsync(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        var found = report();
        return Reply.JsonAsync(context, StatusCodes.Status200OK, json => Write(json, found));
    }

    private static void Write(Utf8JsonWriter json, SkewReport report)
    {
        json.WriteBoolean("watching", report.Watching);
        Reply.WriteOptional(json, "definitions", report.Definitions);
        Reply.WriteOptional(json, "since", report.Watching ? $"{report.Since}" : null);
        Reply.WriteOptional(json, "reached", report.Reached is { } reached ? $"{reached}" : null);
        json.WriteNumber("decisions", report.Decisions);
        json.WriteStartObject("notCompared");
        foreach (var (reason, count) in report.NotCompared)
        {
            json.WriteNumber(reason, count);
        }

        json.WriteEndObject();
        Reply.WriteOptional(json, "excuse", report.Excuse == SkewExcuse.None ? null : report.Excuse.Word());
        json.WriteStartArray("features");
        foreach (var feature in report.Features)
        {
            json.WriteStartObject();
            json.WriteString("name", feature.Name);
            json.WriteBoolean("alarm", feature.Alarm);
            json.WriteNumber("compared", feature.Compared);
            json.WriteNumber("mismatched", feature.Mismatched);
            json.WriteNumber("missing", feature.Missing);
            json.WriteNumber("extra", feature.Extra);
            Reply.WriteOptional(json, "excuse", feature.Excuse == SkewExcuse.None ? null : feature.Excuse.Word());
            Reply.WriteOptional(json, "first", feature.First);
            Reply.WriteOptional(json, "firstTime", feature.FirstTime is { } time ? string.Create(CultureInfo.InvariantCulture, $"{time}") : null);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
