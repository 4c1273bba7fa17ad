using Millrace.Journal.Facts;

namespace Millrace.Features.Online;

/// <summary>When a fact counts.</summary>
internal static class FactTime
{
    /// <summary>Unix µs: the sender's time, but never later than when we took it; ours when the sender gave none; 1970 for what is said to be older.</summary>
    internal static long Of(Fact fact)
    {
        var (sent, received) = (fact.Time.Value, fact.Received.Value);
        return Math.Max(0, received == 0 ? sent : sent == 0 ? received : Math.Min(sent, received));
    }
}
