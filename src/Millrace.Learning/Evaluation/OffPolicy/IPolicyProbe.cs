using System.Collections.Immutable;
using Millrace.Journal.Facts;

namespace Millrace.Learning.Evaluation.OffPolicy;

/// <summary>
/// Port: what a policy, under any weights of its heads, would have done with a recorded decision. Asked of one record at a time, by one thread; spans are valid until the next is read.
/// </summary>
internal interface IPolicyProbe
{
    /// <summary>The policy's heads in the order of weights: ordinal.</summary>
    ImmutableArray<string> Heads { get; }

    /// <summary>The policy's own weights.</summary>
    ImmutableArray<double> Weights { get; }

    /// <summary>Takes a record to be asked about, after it was shown that the policy that decided gives what was logged, to the bit.</summary>
    /// <returns>Why the record says nothing, by a word of a closed set; null when it does.</returns>
    string? Read(Decided decided);

    /// <summary>By place, over all slots in their order, the item that the record placed there; null for none.</summary>
    ReadOnlySpan<string?> Items { get; }

    /// <summary>The items that could be placed.</summary>
    ReadOnlySpan<string> Candidates { get; }

    /// <summary>By place, the probability of the item given those above, by the policy that decided; above 0.</summary>
    ReadOnlySpan<double> Logged { get; }

    /// <summary>What a head says of each candidate.</summary>
    ReadOnlySpan<double> Values(int head);

    /// <summary>What the policy would have done.</summary>
    /// <param name="weights">By head.</param>
    /// <param name="targets">By place, its probability of the item given those above; 0 from the first place on that it would never have filled so.</param>
    /// <param name="supported">By place, how much of its probability stands on what could have been logged there.</param>
    /// <returns>Row-major, places × candidates: the probability of each candidate there; rows behind the first place of 0 stay 0. Valid until the next is asked.</returns>
    ReadOnlySpan<double> Ask(ReadOnlySpan<double> weights, Span<double> targets, Span<double> supported);
}
