namespace Millrace.Features.Definitions;

/// <summary>The checks that definitions share; each yields at most one sentence.</summary>
internal static class DefinitionFaults
{
    internal static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);
    internal static readonly TimeSpan Longest = TimeSpan.FromDays(90);

    internal static IEnumerable<string> Name(string name)
    {
        bool good = name.Length is >= 1 and <= 64 && name[0] is >= 'a' and <= 'z' && name.All(c => c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '_');
        if (!good) yield return $"name: expected 1 to 64 of a-z, 0-9 and _, beginning with a letter; got '{name}'";
    }

    internal static IEnumerable<string> Event(string name)
    {
        if (name.Length is 0 or > 64) yield return $"event: expected a name of 1 to 64 characters; got {name.Length}";
    }

    internal static IEnumerable<string> Span(string field, TimeSpan span)
    {
        if (span < Shortest || span > Longest) yield return $"{field}: expected 1s to 90d; got {span}";
    }

    internal static IEnumerable<string> Between(string field, double value, double least, double most)
    {
        if (!(value >= least && value <= most))
        {
            yield return FormattableString.Invariant($"{field}: expected {least} to {most}; got {value}");
        }
    }
}
