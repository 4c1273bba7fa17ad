using Millrace.Journal.Facts;

namespace Millrace.Features.Online;

/// <summary>When a fact counts.</summary>
internal static class FactTime
{
    /// <summary>Unix µs: the sender's time, but never later than when we took it; ours when the sender gave none.</summary>
    internal static long Of(Fact fact)
    {
        if (fact.Received.Value == 0)
        {
            return fact.Time.Value;
        }

        return fact.Time.Value == 0 ? fact.Received.Value : Math.Min(fact.Time.Value, fact.Received.Value);
    }
}
