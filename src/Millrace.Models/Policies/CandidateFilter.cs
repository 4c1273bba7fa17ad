using System.Collections.Immutable;

namespace Millrace.Models.Policies;

/// <summary>
/// Which items may be shown, beside those that the catalogue says are live. An item of which it is not known whether it passes does not: one without the attribute, or
/// one that the catalogue does not hold, passes no filter but that of values it must not have.
/// </summary>
public abstract record CandidateFilter
{
    private protected CandidateFilter()
    {
    }
}

/// <summary>One of the values of an attribute must be among these; or none of them may be.</summary>
/// <param name="Attribute"><c>provider</c>, <c>kind</c>, or an attribute's name.</param>
/// <param name="Values">The values.</param>
/// <param name="Without">Whether none may be.</param>
public sealed record ValueFilter(string Attribute, ImmutableArray<string> Values, bool Without = false) : CandidateFilter;

/// <summary>One of the values of an attribute must be what the request's context says.</summary>
/// <param name="Attribute"><c>provider</c>, <c>kind</c>, or an attribute's name.</param>
/// <param name="Context">The key of the context.</param>
/// <param name="OrAny">Whether a request whose context does not say it is not filtered; else nothing passes for it.</param>
public sealed record ContextFilter(string Attribute, string Context, bool OrAny = true) : CandidateFilter;

/// <summary>The first value of an attribute must be a number within bounds.</summary>
/// <param name="Attribute">An attribute's name.</param>
/// <param name="AtLeast">The least; null for none.</param>
/// <param name="AtMost">The greatest; null for none.</param>
public sealed record NumberFilter(string Attribute, double? AtLeast, double? AtMost) : CandidateFilter;

/// <summary>It must have been published, or else first seen, within so long.</summary>
/// <param name="Age">How long.</param>
public sealed record AgeFilter(TimeSpan Age) : CandidateFilter;

/// <summary>The person must not have had an event with it: what was hidden or blocked stays away for the feature's window.</summary>
/// <param name="Past">The name of a feature of the person's past with items.</param>
public sealed record PastFilter(string Past) : CandidateFilter;
