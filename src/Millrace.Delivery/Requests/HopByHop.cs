namespace Millrace.Delivery.Requests;

/// <summary>Fields that concern one connection only (RFC 9110 §7.6.1) and never travel on or into the store.</summary>
internal static class HopByHop
{
    private static readonly HashSet<string> Fixed = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Authentication-Info", "TE", "Trailer", "Transfer-Encoding", "Upgrade",
    };

    /// <summary>Removes the fixed fields and those that Connection lists.</summary>
    public static void Strip(HeaderList headers)
    {
        var connection = headers.Combined("Connection");
        headers.RemoveWhere(line => Concerns(line.Name, connection));
    }

    /// <summary>Whether a field is for the next hop alone, given the combined value of Connection.</summary>
    public static bool Concerns(string name, string? connection) =>
        Fixed.Contains(name) || (connection is not null && FieldList.Contains(connection, name));
}
