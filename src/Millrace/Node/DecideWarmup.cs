using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Millrace.Api;
using Millrace.Decisions.Pipeline;

namespace Millrace.Node;

/// <summary>
/// Decides on the surfaces, ten at most, before the node is ready, through an endpoint and a decider like those that will answer but among made-up items, and drops what they record. The first
/// requests of a fresh process would otherwise pay for compiling the whole path, and lose some of it to their deadline.
/// </summary>
internal static class DecideWarmup
{
    /// <summary>After thirty calls a method is compiled again, beside them and with all that was seen.</summary>
    private const int Rounds = 40;

    /// <summary>Surfaces share nearly all of the path: hundreds of them need not each be warmed.</summary>
    private const int MostDecisions = 400;

    public static async Task RunAsync(NodeServices node)
    {
        Serving serving = WarmupWorld.In(node.Serving.Current);
        var table = new ServingTable(serving);
        var decider = node.CreateDecider(node.Config.Current, table, sink: null, meters: null);
        var endpoint = new DecideEndpoint(node.Api! with { Decide = decider.Decide, Tenant = static _ => "default" });
        string[] surfaces = [.. serving.Policies.Surfaces.Select(surface => JsonSerializer.Serialize(surface.Name)).Take(MostDecisions / Rounds)];
        foreach (string surface in surfaces)
        {
            await DecideAsync(endpoint, $$"""{"surface":{{surface}},"session":"session-0"}""");
            await DecideAsync(endpoint, $$"""{"surface":{{surface}},"candidates":[{"id":"item-1"},{"id":"unknown"}]}""");
        }

        table.Swap(serving with { Policies = serving.Policies.Unfiltered() });
        for (int i = 0; i < Rounds * surfaces.Length; i++)
        {
            await DecideAsync(endpoint, $$"""{"surface":{{surfaces[i % surfaces.Length]}},"session":"session-{{i % WarmupWorld.Sessions}}"}""");
        }
    }

    private static Task DecideAsync(DecideEndpoint endpoint, string request)
    {
        var context = new DefaultHttpContext();
        context.Request.ContentType = "application/json";
        context.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes(request));
        return endpoint.PostAsync(context);
    }
}
