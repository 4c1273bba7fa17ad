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

    internal static IEnumerable<string> Unit(string unit)
    {
        if (unit.Length is 0 or > 64) yield return $"unit: expected a unit of 1 to 64 characters; got {unit.Length}";
    }

    internal static IEnumerable<string> Key(string field, string key)
    {
        if (key.Length is 0 or > 64) yield return $"{field}: expected the name of an attribute of 1 to 64 characters; got {key.Length}";
    }

    internal static IEnumerable<string> Value(string value)
    {
        if (value.Length > 128) yield return $"value: expected at most 128 characters; got {value.Length}";
    }

    internal static IEnumerable<string> Person(FeatureEntity of)
    {
        if (of is not (FeatureEntity.User or FeatureEntity.Session)) yield return $"of: expected user or session; got {of}";
    }

    internal static IEnumerable<string> NoShare(CountRead read)
    {
        if (read == CountRead.Share) yield return "as: expected count or log, since it has no total; got share";
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
