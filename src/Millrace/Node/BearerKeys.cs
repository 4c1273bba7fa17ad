using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Millrace.Node;

/// <summary>Requires a key on a listener: <c>Authorization: Bearer mr_…</c>. Which scopes suffice is the listener's say.</summary>
internal static class BearerKeys
{
    private const string Scheme = "Bearer ";

    /// <summary>Refuses requests without a key of a scope that <paramref name="allows"/> accepts; others carry it as <see cref="KeyOf"/>.</summary>
    /// <param name="app">The listener.</param>
    /// <param name="keys">The node's keys.</param>
    /// <param name="open">Paths that need no key.</param>
    /// <param name="allows">Whether a scope suffices for a request.</param>
    public static void UseKeys(this IApplicationBuilder app, AccessKeys keys, Func<PathString, bool> open, Func<KeyScope, HttpRequest, bool> allows) =>
        app.Use((context, next) =>
        {
            if (open(context.Request.Path))
            {
                return next(context);
            }

            var header = context.Request.Headers.Authorization.ToString();
            var key = header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? keys.Verify(header.AsSpan(Scheme.Length).Trim()) : null;
            if (key is null)
            {
                context.Response.Headers.WWWAuthenticate = "Bearer";
                return Refuse(context, StatusCodes.Status401Unauthorized, "keyRequired", "Send Authorization: Bearer <key>; keys are made by `millrace key new`.");
            }

            if (!allows(key.Scope, context.Request))
            {
                return Refuse(context, StatusCodes.Status403Forbidden, "keyScope", $"The key {key.Id} has the scope {key.Scope.ToString().ToLowerInvariant()}, which does not allow this.");
            }

            context.Items[typeof(AccessKey)] = key;
            return next(context);
        });

    /// <summary>The key that the request came with.</summary>
    public static AccessKey KeyOf(this HttpContext context) => (AccessKey)context.Items[typeof(AccessKey)]!;

    private static Task Refuse(HttpContext context, int status, string reason, string detail)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(
            new { type = $"urn:millrace:{reason}", title = reason, status, detail }, options: null, contentType: "application/problem+json", context.RequestAborted);
    }
}
