namespace Millrace.Models.Policies;

/// <summary>What is wrong with a policy's paces.</summary>
internal static class PacingFaults
{
    internal static IEnumerable<string> Of(Policy policy)
    {
        var paces = policy.Pacing;
        if (paces.Length > Pace.MostOfPolicy) yield return $"pacing: expected at most {Pace.MostOfPolicy} paces; got {paces.Length}";
        for (int i = 0; i < paces.Length; i++)
        {
            foreach (string fault in Of(paces[i])) yield return $"pacing[{i}]{fault}";
            if (paces.AsSpan()[..i].ContainsName(paces[i].Name)) yield return $"pacing[{i}]: expected each value of an attribute once; got {paces[i].Name} again";
        }

        // An item has one provider and one kind, so that what their values want of the places adds up; of any other attribute it may have several.
        foreach (var same in paces.Where(static pace => pace.Attribute is "provider" or "kind").DistinctBy(pace => pace.Name).GroupBy(pace => pace.Attribute, StringComparer.Ordinal))
        {
            double least = same.Sum(pace => pace.Least is >= 0 and <= 1 and var share ? share : 0);
            if (same.Count() > 1 && least > 1 + 1e-9) yield return $"pacing: expected at most 1 as the sum of least of {same.Key}; got {PolicyValidator.Text(least)}";
        }
    }

    private static IEnumerable<string> Of(Pace pace)
    {
        if (pace.Attribute.Length == 0) yield return ".attribute: expected the name of an attribute; got nothing";
        if (pace.Value.Length == 0) yield return ".value: expected a value; got nothing";
        if (pace is { Least: null, Most: null }) yield return ": expected least, most or both; got neither";
        if (pace.Least is { } least && !(least is >= 0 and <= 1)) yield return $".least: expected 0 to 1; got {PolicyValidator.Text(least)}";
        if (pace.Most is { } most && !(most is >= 0 and <= 1)) yield return $".most: expected 0 to 1; got {PolicyValidator.Text(most)}";
        if (pace.Least > pace.Most) yield return $".least: expected at most most = {PolicyValidator.Text(pace.Most.Value)}; got {PolicyValidator.Text(pace.Least.Value)}";
        if (pace.Over < Pace.Shortest || pace.Over > Pace.Longest) yield return $".over: expected {Pace.Shortest} to {Pace.Longest}; got {pace.Over}";
    }

    private static bool ContainsName(this ReadOnlySpan<Pace> paces, string name)
    {
        foreach (Pace pace in paces)
        {
            if (pace.Name == name) return true;
        }

        return false;
    }
}
