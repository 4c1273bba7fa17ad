using Millrace.Node;

namespace Millrace.Demo;

/// <summary>What a newcomer can open and try while the demo runs.</summary>
internal static class DemoGuide
{
    /// <summary>Lines of plain text.</summary>
    public static IEnumerable<string> Lines(MillraceNode node, DemoOrigin origin, string apiKey, string adminKey, string config) =>
    [
        "A node, an origin with pages, and an audience are running on this machine.",
        "",
        "Open in a browser",
        $"  a page through the cache   {new Uri(node.Delivery.Url, "items/item-000239")}",
        $"  the same from the origin   {new Uri(origin.Url, "items/item-000239")}",
        $"  health                     {new Uri(node.Admin.Url, "health/ready")}",
        "",
        "Try in another terminal",
        $"  API={Trim(node.Api.Url)} KEY={apiKey}",
        $"  ADMIN={Trim(node.Admin.Url)} ADMIN_KEY={adminKey}",
        "  DECISION=$(curl -s $API/v1/decide -H \"Authorization: Bearer $KEY\" -H 'Content-Type: application/json' \\",
        "       -d '{\"surface\":\"home\",\"user\":\"me\",\"session\":\"s1\",\"context\":{\"country\":\"country-1\"}}' | tee /dev/stderr | cut -d'\"' -f4)",
        "  curl -s $ADMIN/v1/decisions/$DECISION -H \"Authorization: Bearer $ADMIN_KEY\"                  # decided, delivered, observed",
        "  curl -s -X POST $ADMIN/v1/decisions/$DECISION/replay -H \"Authorization: Bearer $ADMIN_KEY\"   # computed again: identical",
        $"  curl -sI {new Uri(node.Delivery.Url, "items/item-000239")}          # Cache-Status says hit or why not",
        "  curl -s $ADMIN/metrics -H \"Authorization: Bearer $ADMIN_KEY\" | grep millrace",
        "",
        $"The node's configuration is {config}.",
    ];

    private static string Trim(Uri url) => url.GetLeftPart(UriPartial.Authority);
}
