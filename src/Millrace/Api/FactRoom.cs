using Millrace.Api.Json;
using Millrace.Journal.Facts;

namespace Millrace.Api;

/// <summary>Whether what somebody sent fits into a fact: judged while it is read, so that the journal never has to refuse it.</summary>
internal static class FactRoom
{
    /// <summary>Stands for an id that is not known yet: as long as an id may be.</summary>
    public static readonly string LongestId = new('x', 128);

    /// <summary>Notes a fault of the whole when the fact takes more than <see cref="FactSize.Max"/>.</summary>
    public static void Check(Fact fact, Reading at)
    {
        if (FactSize.Of(fact) is var bytes and > FactSize.Max)
        {
            at.Add($"at most {FactSize.Max} bytes in the journal", $"about {bytes}");
        }
    }
}
