using System.Globalization;
using System.Text.RegularExpressions;
using Millrace.Features.Online;

namespace Millrace.FeatureAt;

/// <summary>Persons know items by hash; who reads them wants ids.</summary>
internal static partial class ItemNames
{
    /// <summary>Puts ids in the place of hashes, where the snapshot holds the items.</summary>
    public static string In(string text, FeatureSnapshot snapshot) => Hashes().Replace(text, hash =>
        snapshot.RowOf(ulong.Parse(hash.ValueSpan, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)) is var row and >= 0 ? snapshot.Item(row).Id : hash.Value);

    [GeneratedRegex(@"\b[0-9a-f]{16}(?=@)")]
    private static partial Regex Hashes();
}
