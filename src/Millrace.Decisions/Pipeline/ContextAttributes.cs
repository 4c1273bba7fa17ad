using System.Collections.Immutable;
using Millrace.Journal.Facts;

namespace Millrace.Decisions.Pipeline;

/// <summary>The attributes of a request's context that decisions keep.</summary>
public static class ContextAttributes
{
    /// <summary>An IANA time zone; callers say it, and the door resolves it.</summary>
    public const string TimeZone = "timezone";

    /// <summary>Whole minutes east of UTC: what the zone came to at the decision's time, so that no later reading needs a database of zones.</summary>
    public const string UtcOffset = "utcOffset";

    /// <summary>
    /// The attributes named by <paramref name="keys"/>, as a fact records them and features read them. One that has no room in a fact is left out, never cut; of more than
    /// <see cref="FactContext.MaxEntries"/> the first by key are kept.
    /// </summary>
    public static ImmutableSortedDictionary<string, string> Keep(ImmutableSortedDictionary<string, string> context, ImmutableArray<string> keys)
    {
        if (context.IsEmpty || keys.IsDefaultOrEmpty) return FactContext.None;
        ImmutableSortedDictionary<string, string>.Builder? kept = null;
        foreach (var (key, value) in context)
        {
            if (!keys.Contains(key) || !FactContext.Fits(key, value)) continue;
            kept ??= FactContext.None.ToBuilder();
            kept.Add(key, value);
            if (kept.Count == FactContext.MaxEntries) break;
        }

        return kept?.ToImmutable() ?? FactContext.None;
    }
}
