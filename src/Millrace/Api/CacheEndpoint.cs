using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Millrace.Api.Json;
using Millrace.Delivery;
using Millrace.Delivery.Observing;

namespace Millrace.Api;

/// <summary>GET /v1/cache?url=…&amp;header=Name:value, and GET /admin/cache/{url}: what the cache knows of a URL, and would do with a request for it now.</summary>
internal sealed class CacheEndpoint(ApiServices services)
{
    private const string PathPrefix = "/admin/cache/";
    private const int MaxHeaders = 32;

    public Task ByQueryAsync(HttpContext context)
    {
        var query = context.Request.Query;
        if (query["url"].Count != 1 || query.Keys.Any(static key => key is not ("url" or "header")) || query["header"].Count > MaxHeaders)
        {
            throw new ProblemException(ProblemReason.Invalid, $"Expected url once, and header ('Name: value') at most {MaxHeaders} times.");
        }

        return ExplainAsync(context, query["url"].ToString(), [.. query["header"].Select(FieldOf)]);
    }

    /// <summary>The URL stands in the path as it is, query and all, or percent-encoded once.</summary>
    public Task ByPathAsync(HttpContext context)
    {
        var target = context.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "";
        var start = target.IndexOf(PathPrefix, StringComparison.Ordinal);
        var url = start < 0 ? "" : target[(start + PathPrefix.Length)..];
        if (!url.Contains("://", StringComparison.Ordinal) && RequestTarget.TryDecode(url, out var decoded))
        {
            url = decoded;
        }

        return ExplainAsync(context, url, []);
    }

    private static KeyValuePair<string, string> FieldOf(string? text)
    {
        var colon = text?.IndexOf(':', StringComparison.Ordinal) ?? -1;
        var (name, value) = colon <= 0 ? ("", "") : (text![..colon], text[(colon + 1)..].Trim());
        var fits = name.Length > 0 && name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') && value.All(static c => c is >= ' ' and <= '~');
        return fits ? KeyValuePair.Create(name, value) : throw new ProblemException(ProblemReason.Invalid, $"Expected header as 'Name: value' of printable ASCII, got {Reading.Quote(text ?? "")}.");
    }

    private Task ExplainAsync(HttpContext context, string url, KeyValuePair<string, string>[] fields)
    {
        var explanation = services.Cache?.Explain(url, fields)
            ?? throw new ProblemException(ProblemReason.Invalid, $"Expected an absolute http or https URL, got {Reading.Quote(url)}.");
        context.Response.Headers.CacheControl = "no-store";
        return Reply.JsonAsync(context, StatusCodes.Status200OK, json => Write(json, explanation));
    }

    private static void Write(Utf8JsonWriter json, CacheExplanation of)
    {
        json.WriteString("key", of.Key);
        json.WriteString("keyHash", of.KeyHash.ToString("x16", CultureInfo.InvariantCulture));
        Reply.WriteOptional(json, "route", of.Route);
        Reply.WriteOptional(json, "contract", of.Contract);
        if (of.ContractPast is { } past)
        {
            json.WriteNumber("contractPastSeconds", past.TotalSeconds);
        }

        Reply.WriteOptional(json, "setCookie", of.SetCookie);
        json.WriteString("now", of.Now);
        Reply.WriteOptional(json, "reason", of.Reason == DeliveryReason.None ? null : of.Reason.Wire());
        Reply.WriteOptional(json, "notStored", of.NotStored == DeliveryReason.None ? null : of.NotStored.Wire());
        json.WriteNumber("purgesObeyed", of.PurgesObeyed);
        json.WriteStartArray("held");
        foreach (var held in of.Held)
        {
            json.WriteStartObject();
            Write(json, held);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, HeldExplanation of)
    {
        json.WriteString("tier", of.Tier);
        json.WriteBoolean("selected", of.Selected);
        json.WriteNumber("status", of.Status);
        json.WriteNumber("bytes", of.Bytes);
        json.WriteString("since", of.Since);
        json.WriteString("freshUntil", of.FreshUntil);
        json.WriteNumber("ageSeconds", Math.Round(of.Age.TotalSeconds, 3));
        json.WriteNumber("lifetimeSeconds", Math.Round(of.Lifetime.TotalSeconds, 3));
        json.WriteString("lifetimeFrom", of.LifetimeFrom);
        json.WriteStartArray("vary");
        foreach (var (name, value) in of.Vary)
        {
            json.WriteStartObject();
            json.WriteString("name", name);
            Reply.WriteOptional(json, "value", value);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("surrogateKeys");
        foreach (var key in of.SurrogateKeys)
        {
            json.WriteStringValue(key);
        }

        json.WriteEndArray();
        Reply.WriteOptional(json, "etag", of.ETag);
        Reply.WriteOptional(json, "lastModified", of.LastModified);
        json.WriteNumber("began", of.Began);
        json.WriteString("purged", of.Purged);
        json.WriteBoolean("unverified", of.Unverified);
    }
}
