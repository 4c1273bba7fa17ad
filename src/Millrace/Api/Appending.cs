using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Api;

/// <summary>Appends facts for an endpoint; the journal's troubles come back as the refusals that a client understands.</summary>
internal static class Appending
{
    /// <summary>Appends a batch, each of whose facts has an outcome of its own.</summary>
    public static async Task<AppendOutcome> AppendAsync(ApiServices services, IReadOnlyList<Fact> facts)
    {
        try
        {
            var positions = await services.Journal.AppendAsync(facts);
            return new([.. positions.Select(p => (Position?)p)], null);
        }
        catch (JournalPartialException partial) when (partial.Reason is JournalFullException or JournalFaultException)
        {
            return new(partial.Positions, Refusal(services, partial.Reason));
        }
        catch (Exception refused) when (refused is JournalFullException or JournalFaultException)
        {
            return new(new Position?[facts.Count], Refusal(services, refused));
        }
    }

    /// <summary>What a client is told when the journal is full or at fault.</summary>
    public static ProblemException Refusal(ApiServices services, Exception refused)
    {
        if (refused is not JournalFullException full)
        {
            return new(ProblemReason.JournalFault, "Nothing is acknowledged until the node's disk works again.");
        }

        services.Metrics.LimitHit(full.Bound);
        return new(ProblemReason.JournalFull, $"The bound {full.Bound} is hit; what was not acknowledged may be sent again.");
    }
}

/// <summary>What became of a batch.</summary>
/// <param name="Positions">Index for index: where a fact is durable; null where it is not.</param>
/// <param name="Refused">Why some are not; null when all are durable.</param>
internal readonly record struct AppendOutcome(IReadOnlyList<Position?> Positions, ProblemException? Refused);
