using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Storage;

/// <summary>Reads the purge tags of a response: Surrogate-Key (spaces) and Cache-Tag (commas).</summary>
internal static class SurrogateKeys
{
    /// <summary>More than this on one response, and it is not stored: a purge must never miss a key.</summary>
    public const int Max = 128;

    public static string[] Of(HeaderList headers)
    {
        HashSet<string>? keys = null;
        foreach (var key in (headers.Combined("Surrogate-Key") ?? "").Split([' ', '\t', ','], StringSplitOptions.RemoveEmptyEntries))
        {
            (keys ??= new(StringComparer.Ordinal)).Add(key);
        }

        foreach (var key in (headers.Combined("Cache-Tag") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            (keys ??= new(StringComparer.Ordinal)).Add(key);
        }

        return keys is null ? [] : [.. keys];
    }
}
