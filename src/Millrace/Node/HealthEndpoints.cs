using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Millrace.Node;

/// <summary>Health on the admin listener; needs no key, since orchestrators have none.</summary>
internal static class HealthEndpoints
{
    public const string Prefix = "/health";

    public static void Map(IEndpointRouteBuilder app, Readiness readiness)
    {
        // Live means that the process answers at all; a node that is not ready must not be killed for it.
        app.MapGet($"{Prefix}/live", (HttpContext context) => Answer(context, StatusCodes.Status200OK, "live", []));
        app.MapGet($"{Prefix}/ready", (HttpContext context) =>
        {
            var reasons = readiness.Reasons;
            return Answer(context, reasons.IsEmpty ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable, reasons.IsEmpty ? "ready" : "notReady", [.. reasons]);
        });
    }

    private static Task Answer(HttpContext context, int status, string state, string[] reasons)
    {
        context.Response.StatusCode = status;
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsJsonAsync(new { status = state, reasons }, context.RequestAborted);
    }
}
