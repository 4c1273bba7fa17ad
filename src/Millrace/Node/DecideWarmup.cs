using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Millrace.Api;

namespace Millrace.Node;

/// <summary>
/// Decides on each surface before the node is ready, through an endpoint and a decider like those that will answer, and drops what they record. The first
/// request of a fresh process otherwise pays for compiling the whole path: measured, the first decision over HTTP took 150 to 200 ms, now it takes
/// 105 to 125 ms, of which 11 to 21 are deciding and the rest is the server's own.
/// </summary>
internal static class DecideWarmup
{
    /// <summary>Some tens of milliseconds, most of them for the first surface.</summary>
    public static async Task RunAsync(NodeServices node)
    {
        var decider = node.CreateDecider(node.Config.Current, sink: null, meters: null);
        var endpoint = new DecideEndpoint(node.Api! with { Decide = decider.Decide, Tenant = static _ => "default" });
        foreach (var surface in node.Serving.Current.Policies.Surfaces.Select(surface => JsonSerializer.Serialize(surface.Name)))
        {
            await DecideAsync(endpoint, $$"""{"surface":{{surface}},"session":"warm-up"}""");
            await DecideAsync(endpoint, $$"""{"surface":{{surface}},"candidates":[{"id":"warm-up"},{"id":"warm-up-2"}]}""");
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
