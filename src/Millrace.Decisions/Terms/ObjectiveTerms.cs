using System.Collections.Immutable;

namespace Millrace.Decisions.Terms;

/// <summary>The terms that a node has, by name. Immutable.</summary>
public sealed class ObjectiveTerms
{
    private readonly ImmutableSortedDictionary<string, IObjectiveTerm> _terms;

    /// <param name="terms">Each name once.</param>
    public ObjectiveTerms(params IEnumerable<IObjectiveTerm> terms) => _terms = terms.ToImmutableSortedDictionary(static term => term.Name, static term => term, StringComparer.Ordinal);

    /// <summary>No terms.</summary>
    public static ObjectiveTerms None { get; } = new([]);

    /// <summary>The names, in ordinal order.</summary>
    public ImmutableArray<string> Names => [.. _terms.Keys];

    /// <summary>The term of this name; null when there is none.</summary>
    public IObjectiveTerm? Find(string name) => _terms.GetValueOrDefault(name);
}
