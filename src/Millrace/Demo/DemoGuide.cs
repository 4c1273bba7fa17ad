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
        "  REPLY=$(curl -s $API/v1/decide -H \"Authorization: Bearer $KEY\" -H 'Content-Type: application/json' \\",
        "       -d '{\"surface\":\"home\",\"user\":\"me\",\"session\":\"s1\",\"context\":{\"country\":\"country-1\"}}'); echo \"$REPLY\"",
        "  first() { echo \"$REPLY\" | grep -o \"\\\"$1\\\":\\\"$2[^\\\"]*\\\"\" | head -1 | cut -d'\"' -f4; }",
        "  curl -s -o page.html -D - \"$(first url)\"                # the body, through the cache: Cache-Status says hit or why not",
        "  curl -s $API/v1/events -H \"Authorization: Bearer $KEY\" -H 'Content-Type: application/json' -d '{\"events\":[{\"id\":\"my-click\",\"type\":\"click\",'\\",
        "  '\"item\":\"'$(first id item-)'\",\"decisionId\":\"'$(first decisionId)'\",\"token\":\"'$(first token)'\",\"session\":\"s1\"}]}'; echo",
        "  curl -s $ADMIN/v1/decisions/$(first decisionId) -H \"Authorization: Bearer $ADMIN_KEY\"; echo                 # decided, delivered, observed",
        "  curl -s -X POST $ADMIN/v1/decisions/$(first decisionId)/replay -H \"Authorization: Bearer $ADMIN_KEY\"; echo  # computed again: identical",
        "  curl -s $ADMIN/metrics -H \"Authorization: Bearer $ADMIN_KEY\" | grep millrace",
        "",
        $"The node's configuration is {config}.",
    ];

    private static string Trim(Uri url) => url.GetLeftPart(UriPartial.Authority);
}
