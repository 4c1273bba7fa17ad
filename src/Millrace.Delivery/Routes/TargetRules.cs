using System.Collections.Immutable;

namespace Millrace.Delivery.Routes;

/// <summary>
/// What of a request's target is its key. What is keyed is what the origin is asked for, unless <see cref="SendIgnored"/> says otherwise: an input that
/// shapes an answer and is no part of its name lets one client choose what others get (J. Kettle, "Practical Web Cache Poisoning", 2018).
/// </summary>
public sealed record TargetRules
{
    /// <summary>The target as the client sent it.</summary>
    public static TargetRules AsSent { get; } = new();

    /// <summary>The only query parameters that count, in their raw spelling; <c>utm_*</c> names all that begin so. Null for all.</summary>
    public ImmutableArray<string>? AllowedQuery { get; init; }

    /// <summary>Query parameters that do not count; not beside <see cref="AllowedQuery"/>.</summary>
    public ImmutableArray<string> IgnoredQuery { get; init; } = [];

    /// <summary>Whether the origin gets parameters that do not count. Only for an origin whose answers they do not change.</summary>
    public bool SendIgnored { get; init; }

    /// <summary>Whether parameters are put in order of their names; those of one name keep theirs.</summary>
    public bool SortQuery { get; init; }

    /// <summary>Whether the origin takes paths without regard to case, so that all spellings are one object.</summary>
    public bool FoldPathCase { get; init; }

    /// <summary>Whether Cache-Status says the key (RFC 9211 §2.7): to whoever asks, so only where that does no harm.</summary>
    public bool Show { get; init; }

    /// <summary>Whether a key's query is that of the URL, but for the route's tag and a signature's parameters.</summary>
    internal bool KeepsQuery => AllowedQuery is null && IgnoredQuery.IsEmpty && !SortQuery;

    internal IEnumerable<string> Faults()
    {
        if (AllowedQuery is not null && !IgnoredQuery.IsEmpty)
        {
            yield return "query: expected allow or ignore, not both";
        }

        foreach (var name in IgnoredQuery.Concat(AllowedQuery ?? []))
        {
            if (!NamePattern.IsOne(name))
            {
                yield return $"query: expected parameter names, or their beginnings followed by '*'; got '{name}'";
            }
        }
    }
}
