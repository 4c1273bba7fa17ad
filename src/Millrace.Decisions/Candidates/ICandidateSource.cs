namespace Millrace.Decisions.Candidates;

/// <summary>Where candidates come from, bound to a policy and its features: immutable, asked by any thread.</summary>
internal interface ICandidateSource
{
    /// <summary>Offers rows, best first, until there are no more or the sink has enough.</summary>
    void Gather(in SourceRequest request, CandidateSink sink);
}
