using System.Collections.Immutable;
using System.Globalization;

namespace Millrace.Models.Registry;

/// <summary>How somebody names a version: <c>home-click@7</c>, <c>home-click@candidate</c>, or <c>home-click</c> for what is current.</summary>
/// <param name="Name">The model's.</param>
/// <param name="Version">A number; null where an alias stands.</param>
/// <param name="Alias">Of no meaning where a number stands.</param>
public sealed record ModelReference(string Name, int? Version, ModelAlias Alias)
{
    private const int LongestName = 64;

    /// <summary>What may be a model's name: lower-case letters, digits and hyphens, a letter first.</summary>
    public static bool IsName(string text) =>
        text.Length is > 0 and <= LongestName && char.IsAsciiLetterLower(text[0]) && text.All(static letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '-');

    /// <summary>The reference that a text is; null for none.</summary>
    public static ModelReference? Parse(string text)
    {
        int at = text.IndexOf('@', StringComparison.Ordinal);
        string name = at < 0 ? text : text[..at];
        if (!IsName(name)) return null;
        if (at < 0) return new(name, null, ModelAlias.Current);
        string which = text[(at + 1)..];
        if (int.TryParse(which, NumberStyles.None, CultureInfo.InvariantCulture, out int version)) return version > 0 ? new(name, version, default) : null;
        return which switch
        {
            "current" => new(name, null, ModelAlias.Current),
            "candidate" => new(name, null, ModelAlias.Candidate),
            "previous" => new(name, null, ModelAlias.Previous),
            _ => null,
        };
    }

    /// <summary>The version meant; null when there is none.</summary>
    public RegisteredModel? In(IModelRegistry registry)
    {
        ImmutableArray<RegisteredModel> versions = registry.Versions(Name);
        int? meant = Version ?? AliasLog.Version(registry.Moves(Name), Alias);
        return versions.FirstOrDefault(model => model.Version == meant);
    }
}
