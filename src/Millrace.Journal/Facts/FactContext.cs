using System.Collections.Immutable;

namespace Millrace.Journal.Facts;

/// <summary>The bounds of the context that a fact carries: the attributes of a request that features read.</summary>
public static class FactContext
{
    /// <summary>No fact has more attributes.</summary>
    public const int MaxEntries = 16;

    /// <summary>In characters (UTF-16).</summary>
    public const int MaxKey = 64;

    /// <summary>In characters (UTF-16).</summary>
    public const int MaxValue = 128;

    /// <summary>No attributes, in ordinal order.</summary>
    public static ImmutableSortedDictionary<string, string> None { get; } = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>Whether an attribute has room in a fact.</summary>
    public static bool Fits(string key, string value) => key.Length <= MaxKey && value.Length <= MaxValue;

    /// <summary>Refuses a context beyond the bounds.</summary>
    /// <exception cref="ArgumentException">Says which bound.</exception>
    internal static void Check(Fact fact)
    {
        var context = fact switch
        {
            Decided decided => decided.Context,
            Observed observed => observed.Context,
            _ => None,
        };
        if (context.Count > MaxEntries)
        {
            throw new ArgumentException($"Context: expected at most {MaxEntries} attributes, got {context.Count}", nameof(fact));
        }

        foreach (var (key, value) in context)
        {
            if (!Fits(key, value))
            {
                throw new ArgumentException($"Context: expected keys of at most {MaxKey} and values of at most {MaxValue} characters, got {key.Length} and {value.Length}", nameof(fact));
            }
        }
    }
}
