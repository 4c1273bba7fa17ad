using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Millrace.Node;

/// <summary>
/// Lets pages of other origins send events: the one thing that a browser's key allows. Keys travel in a header and never as a cookie, so that a page gains nothing
/// that its visitor's key does not already allow.
/// </summary>
internal static class BrowserAccess
{
    private const string Events = "/v1/events";

    // What Chromium keeps at most; Firefox takes up to a day.
    private static readonly TimeSpan PreflightAge = TimeSpan.FromHours(2);

    /// <summary>Whether the request's path is one that browsers call.</summary>
    public static bool Concerns(HttpRequest request) => request.Path.Equals(Events, StringComparison.Ordinal);

    /// <summary>Answers preflights, and marks replies for the origins of browsers.origins (Fetch standard, CORS protocol). A reload changes them.</summary>
    public static void UseBrowserAccess(this IApplicationBuilder app, ConfigHolder config) => app.UseCors(policy => policy
        .SetIsOriginAllowed(origin => config.Current.Browsers.Allows(origin))
        .WithMethods(HttpMethods.Post)
        .WithHeaders("authorization", "content-type", "content-encoding")
        .SetPreflightMaxAge(PreflightAge));
}
