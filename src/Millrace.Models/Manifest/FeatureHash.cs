using System.Text;
using Millrace.Models.Shelf;

namespace Millrace.Models.Manifest;

/// <summary>Names what a model reads: its features in order, and what they meant.</summary>
public static class FeatureHash
{
    /// <summary>SHA-256, in lower-case hexadecimal, of the definitions' fingerprint (empty for none) and the names, each ended by a line feed.</summary>
    public static string Of(IEnumerable<string> features, string? definitions)
    {
        var text = new StringBuilder(definitions).Append('\n');
        foreach (string feature in features) text.Append(feature).Append('\n');
        return ModelDigest.Of(Encoding.UTF8.GetBytes(text.ToString()));
    }
}
