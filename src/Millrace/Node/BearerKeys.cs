using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Millrace.Api;

namespace Millrace.Node;

/// <summary>Requires a key on a listener: <c>Authorization: Bearer mr_…</c>. Which scopes suffice is the listener's say.</summary>
internal static class BearerKeys
{
    private const string Scheme = "Bearer ";

    /// <summary>Refuses requests without a key of a scope that <paramref name="allows"/> accepts; others carry it as <see cref="KeyOf"/>.</summary>
    /// <param name="app">The listener.</param>
    /// <param name="node">Whose keys they are, and who counts the refused.</param>
    /// <param name="open">Paths that need no key.</param>
    /// <param name="allows">Whether a scope suffices for a request.</param>
    public static void UseKeys(this IApplicationBuilder app, NodeServices node, Func<PathString, bool> open, Func<KeyScope, HttpRequest, bool> allows) =>
        app.Use((context, next) =>
        {
            if (open(context.Request.Path))
            {
                return next(context);
            }

            var header = context.Request.Headers.Authorization.ToString();
            var key = header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? node.Keys.Verify(header.AsSpan(Scheme.Length).Trim()) : null;
            if (key is null)
            {
                context.Response.Headers.WWWAuthenticate = "Bearer";
                return Refuse(context, node, ProblemReason.KeyRequired, "Send Authorization: Bearer <key>; keys are made by `millrace key new`.");
            }

            if (!allows(key.Scope, context.Request))
            {
                return Refuse(context, node, ProblemReason.KeyScope, $"The key {key.Id} has the scope {key.Scope.ToString().ToLowerInvariant()}, which does not allow this.");
            }

            if (Tenants.Fault(key.Tenant) is { } fault)
            {
                return Refuse(context, node, ProblemReason.KeyTenant, $"The key {key.Id} is another tenant's: {fault}.");
            }

            context.Items[typeof(AccessKey)] = key;
            return next(context);
        });

    /// <summary>The key that the request came with.</summary>
    public static AccessKey KeyOf(this HttpContext context) => (AccessKey)context.Items[typeof(AccessKey)]!;

    private static Task Refuse(HttpContext context, NodeServices node, ProblemReason reason, string detail)
    {
        node.Api?.Metrics.Refused(reason);
        return Reply.ProblemAsync(context, new ProblemException(reason, detail));
    }
}
