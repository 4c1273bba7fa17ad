using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Millrace.Api;

/// <summary>The api listener's paths: deciding, events, items, consent.</summary>
internal static class ApiEndpoints
{
    public static void Map(IEndpointRouteBuilder routes, ApiServices services)
    {
        var decide = new DecideEndpoint(services);
        var events = new EventsEndpoint(services);
        var items = new ItemsEndpoint(services);
        Endpoint.Map(routes, services, "/v1/decide", ("POST", decide.PostAsync));
        Endpoint.Map(routes, services, "/v1/decide:batch", ("POST", decide.BatchAsync));
        Endpoint.Map(routes, services, "/v1/events", ("POST", events.PostAsync));
        Endpoint.Map(routes, services, "/v1/items/{id}", ("GET", items.GetAsync), ("PUT", items.PutAsync), ("DELETE", items.DeleteAsync));
        Endpoint.Map(routes, services, "/v1/items:batch", ("POST", items.BatchAsync));
        Endpoint.Map(routes, services, "/v1/users/{id}/consent", ("PUT", new ConsentEndpoint(services).PutAsync));
        MapDocument(routes, services);
        Endpoint.MapUnknown(routes, services);
    }

    internal static void MapDocument(IEndpointRouteBuilder routes, ApiServices services) =>
        Endpoint.Map(routes, services, "/openapi.json", ("GET", context =>
        {
            context.Response.ContentType = "application/json";
            return context.Response.WriteAsync(OpenApiDocument.Text, context.RequestAborted);
        }));
}

/// <summary>The admin listener's paths of this API: decisions, purges and erasure. The listener's own (health, metrics) are the node's.</summary>
internal static class AdminEndpoints
{
    public static void Map(IEndpointRouteBuilder routes, ApiServices services)
    {
        var decisions = new DecisionsEndpoint(services);
        var purge = new PurgeEndpoint(services);
        Endpoint.Map(routes, services, "/v1/decisions/{id}", ("GET", decisions.GetAsync));
        Endpoint.Map(routes, services, "/v1/decisions/{id}/explain", ("GET", decisions.ExplainAsync));
        Endpoint.Map(routes, services, "/v1/decisions/{id}/replay", ("POST", decisions.ReplayAsync));
        Endpoint.Map(routes, services, "/v1/purge", ("POST", purge.PostAsync));
        Endpoint.Map(routes, services, "/v1/purge/{offset}", ("GET", purge.WaitAsync));
        var users = new UsersEndpoint(services);
        Endpoint.Map(routes, services, "/v1/users/{id}", ("GET", users.GetAsync), ("DELETE", users.DeleteAsync));
        Endpoint.Map(routes, services, "/v1/features/skew", ("GET", new SkewEndpoint(services.Skew).GetAsync));
        Endpoint.Map(routes, services, "/v1/evaluations", ("POST", new EvaluationsEndpoint(services).PostAsync));
        var cache = new CacheEndpoint(services);
        Endpoint.Map(routes, services, "/v1/cache", ("GET", cache.ByQueryAsync));
        Endpoint.Map(routes, services, "/admin/cache/{**url}", ("GET", cache.ByPathAsync));
        ApiEndpoints.MapDocument(routes, services);
        Endpoint.MapUnknown(routes, services);
    }
}
