using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Millrace.Api;
using Millrace.Features.Definitions;
using Millrace.Features.Online;
using Millrace.Node.Configuration;
using Millrace.Node.Neighbours;
using Endpoint = Millrace.Api.Endpoint;

namespace Millrace.Node;

/// <summary>GET /v1/features: what is known of items, users and sessions, how fresh it is, and how far new features are.</summary>
internal static class FeatureEndpoints
{
    public static void Map(IEndpointRouteBuilder routes, ApiServices api, NodeServices node) =>
        Endpoint.Map(routes, api, "/v1/features", ("GET", context => Reply.JsonAsync(context, StatusCodes.Status200OK, json => Write(json, node))));

    private static void Write(Utf8JsonWriter json, NodeServices node)
    {
        var (config, snapshot) = (node.Config.Current, node.Snapshot);
        json.WriteString("definitions", snapshot.Definitions);
        json.WriteNumber("epoch", snapshot.Epoch);
        json.WriteString("time", snapshot.Time.ToDateTimeOffset());
        json.WriteNumber("lag", node.Folding.Lag);
        if (node.Folding.LinksLost)
        {
            json.WriteBoolean("linksLost", true);
        }

        json.WriteNumber("bytesPerItem", snapshot.Words * sizeof(long));
        json.WriteStartArray("features");
        var serving = snapshot.Features.Definitions.ToDictionary(feature => feature.Name, StringComparer.Ordinal);
        foreach (var feature in config.Features.OrderBy(feature => feature.Name, StringComparer.Ordinal))
        {
            Write(json, feature, serving.Remove(feature.Name, out var served) && Same(served, feature) ? "serving" : "folding", node);
        }

        foreach (var leaving in serving.Values)
        {
            Write(json, leaving, "leaving", node);
        }

        foreach (var removed in config.Removed)
        {
            json.WriteStartObject();
            json.WriteString("name", removed);
            json.WriteString("state", "removed");
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteNeighbours(json, node.Neighbours);
        if (node.Folding.Backfill is { } backfill)
        {
            json.WriteStartObject("backfill");
            json.WriteNumber("folded", backfill.Folded);
            json.WriteNumber("total", backfill.Total);
            json.WriteNumber("perSecond", (long)backfill.PerSecond);
            json.WriteBoolean("level", backfill.Level);
            if (backfill.Left is { } left)
            {
                json.WriteNumber("secondsLeft", (long)Math.Ceiling(left.TotalSeconds));
            }

            json.WriteEndObject();
        }
    }

    /// <summary>The indexes of neighbours; nothing where no policy looks for any.</summary>
    private static void WriteNeighbours(Utf8JsonWriter json, NeighbourFeeds feeds)
    {
        if (feeds.Indexes is not { Count: > 0 } indexes)
        {
            return;
        }

        json.WriteStartArray("neighbours");
        foreach (var index in indexes)
        {
            var state = index.State;
            json.WriteStartObject();
            json.WriteNumber("dimensions", index.Key.Dimensions);
            json.WriteNumber("items", state.Rows);
            json.WriteNumber("lists", state.Lists);
            json.WriteNumber("bytes", state.Bytes);
            json.WriteNumber("leftOut", state.LeftOut);
            json.WriteNumber("epoch", state.Epoch);
            json.WriteNumber("lagMs", feeds.LagOf(index).TotalMilliseconds);
            json.WriteBoolean("searched", index.Serves);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, FeatureDefinition feature, string state, NodeServices node)
    {
        json.WriteStartObject();
        json.WriteString("name", feature.Name);
        json.WriteString("state", state);
        json.WriteString("kind", Word(feature.GetType().Name[..^"Feature".Length]));
        json.WriteString("entity", Word(feature.Entity.ToString()));
        json.WriteString("life", Word(feature.Info.Life.ToString()));
        json.WriteString("sensitivity", Word(feature.Info.Sensitivity.ToString()));
        Reply.WriteOptional(json, "owner", feature.Info.Owner.Length > 0 ? feature.Info.Owner : null);
        Reply.WriteOptional(json, "description", feature.Info.Description.Length > 0 ? feature.Info.Description : null);
        if (!feature.Inputs.IsEmpty)
        {
            json.WriteStartArray("inputs");
            foreach (var input in feature.Inputs)
            {
                json.WriteStringValue(input);
            }

            json.WriteEndArray();
        }

        json.WriteNumber("reachSeconds", feature.Reach.TotalSeconds);
        Write(json, node.Freshness.Of(feature.Name), feature.Info.Fresh, node.Freshness.IsMissed(feature.Name));
        if (state != "folding")
        {
            Write(json, feature, node.Health);
        }

        json.WriteEndObject();
    }

    /// <summary>What is wrong with its values; nothing when nothing is.</summary>
    private static void Write(Utf8JsonWriter json, FeatureDefinition feature, FeatureHealth health)
    {
        if (health.InexactOf(feature) is { } inexact)
        {
            json.WriteStartObject("inexact");
            json.WriteString("bound", inexact.Bound);
            json.WriteString("since", inexact.Since.ToDateTimeOffset());
            if (inexact.Until is { } until)
            {
                json.WriteString("until", until.ToDateTimeOffset());
            }

            json.WriteEndObject();
        }

        Misfits[] all = [.. health.MisfitsOf(feature).Where(misfits => misfits.Count > 0)];
        if (all.Length == 0)
        {
            return;
        }

        json.WriteStartArray("misfits");
        foreach (var misfits in all)
        {
            var (item, got) = misfits.Last!.Value;
            json.WriteStartObject();
            json.WriteString("field", misfits.Field);
            json.WriteString("expected", misfits.Expected);
            json.WriteNumber("items", misfits.Count);
            json.WriteString("item", item);
            json.WriteString("got", got);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, Freshness? fresh, TimeSpan? objective, bool missed)
    {
        if (fresh is null && objective is null)
        {
            return;
        }

        json.WriteStartObject("fresh");
        if (objective is { } wanted)
        {
            json.WriteNumber("objectiveMs", wanted.TotalMilliseconds);
            json.WriteBoolean("missed", missed);
        }

        if (fresh is { } measured)
        {
            json.WriteNumber("maxMs", measured.Max.TotalMilliseconds);
            json.WriteNumber("p99Ms", measured.P99.TotalMilliseconds);
        }

        json.WriteEndObject();
    }

    private static bool Same(FeatureDefinition served, FeatureDefinition wanted) =>
        served with { Info = wanted.Info } == wanted && (served.Info.Default, served.Info.Ttl) == (wanted.Info.Default, wanted.Info.Ttl);

    private static string Word(string name) => char.ToLowerInvariant(name[0]) + name[1..];
}
