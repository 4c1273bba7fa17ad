using Millrace.Features.Catalogue;

namespace Millrace.Decisions.Terms;

/// <summary>
/// Something outside the decision's own knowledge that counts for or against a candidate: what delivering it costs, what it earns. A policy's head
/// <c>{external: name}</c> reads it, and weighs it like any prediction. Safe from any thread.
/// </summary>
public interface IObjectiveTerm
{
    /// <summary>The name that policies call it by.</summary>
    string Name { get; }

    /// <summary>Says what it knows of each candidate, at once: it never waits for anybody.</summary>
    /// <param name="items">The candidates as the catalogue has them; null for a stranger that the caller named.</param>
    /// <param name="budget">When to stop; asked now and then. What is not said by then stays missing.</param>
    /// <param name="values">By candidate; missing (NaN), which counts 0, where nothing is said.</param>
    /// <returns>Whether it said all that it knows; false when it stopped before that.</returns>
    bool Fill(ReadOnlySpan<CatalogueItem?> items, TermBudget budget, Span<float> values);
}

/// <summary>How long a decision waits for its terms.</summary>
public readonly struct TermBudget(TimeProvider clock, long until)
{
    /// <summary>Whether it is spent.</summary>
    public bool IsSpent => clock.GetTimestamp() > until;
}
