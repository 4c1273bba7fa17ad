namespace Millrace.Delivery.Purge;

/// <summary>One name space for all that a purge can name.</summary>
internal static class PurgeNames
{
    public static string OfKey(string key) => "u " + key;

    public static string OfSurrogate(string surrogateKey) => "k " + surrogateKey;

    public static string OfRoute(string match) => "r " + match;
}
