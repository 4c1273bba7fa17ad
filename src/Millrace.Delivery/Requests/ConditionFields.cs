namespace Millrace.Delivery.Requests;

/// <summary>Fields by which a client asks for less than the whole; a fetch never carries the client's, so no stored response depends on them.</summary>
internal static class ConditionFields
{
    private static readonly HashSet<string> Names = new(StringComparer.OrdinalIgnoreCase)
    {
        "If-None-Match", "If-Modified-Since", "If-Match", "If-Unmodified-Since", "If-Range", "Range",
    };

    public static bool Contains(string name) => Names.Contains(name);
}
