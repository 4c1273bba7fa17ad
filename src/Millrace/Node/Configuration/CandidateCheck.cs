namespace Millrace.Node.Configuration;

/// <summary>What only several keys of a source, or of a filter, say together.</summary>
internal static class CandidateCheck
{
    public static void Check(BoundObject policy, ConfigFaults faults)
    {
        foreach (var source in policy["candidates"].Items)
        {
            Source(source, faults);
        }

        foreach (var filter in policy["filters"].Items)
        {
            Filter(filter, faults);
        }
    }

    private static void Source(Bound source, ConfigFaults faults)
    {
        if (source.Object is not { } keys)
        {
            return;
        }

        var named = CandidateShape.Kinds.Where(kind => keys[kind.Kind].IsWritten).ToArray();
        if (named.Length != 1)
        {
            var kinds = string.Join(", ", CandidateShape.Kinds.Select(kind => kind.Kind));
            faults.Add(new ConfigFault(source.Mark, source.Path, $"exactly one of {kinds}", named.Length == 0 ? "none" : $"{named.Length}"));
            return;
        }

        foreach (var beside in CandidateShape.Kinds.SelectMany(kind => kind.Beside).Except(named[0].Beside))
        {
            if (keys[beside] is { IsWritten: true } stray)
            {
                faults.Add(new ConfigFault(stray.Mark, stray.Path, $"no `{beside}` beside {named[0].Kind}", "one"));
            }
        }
    }

    private static void Filter(Bound filter, ConfigFaults faults)
    {
        if (filter.Object is not { } keys)
        {
            return;
        }

        var asked = FilterShape.OfAttribute.Where(key => keys[key].IsWritten).ToArray();
        var alone = FilterShape.Alone.Where(key => keys[key].IsWritten).ToArray();
        var whole = keys["attribute"].IsWritten
            ? alone.Length == 0 && (asked.Length == 1 || asked is ["atLeast", "atMost"])
            : alone.Length == 1 && asked.Length == 0;
        if (!whole)
        {
            faults.Add(new ConfigFault(
                filter.Mark, filter.Path, "an attribute with exactly one of in, notIn, is, or bounds atLeast and atMost; or one of age, blocked", Says(keys["attribute"].IsWritten, [.. asked, .. alone])));
        }
    }

    private static string Says(bool attribute, string[] keys) => (attribute, keys.Length) switch
    {
        (true, 0) => "an attribute alone",
        (false, 0) => "nothing",
        (true, _) => $"an attribute with {string.Join(" and ", keys)}",
        _ => string.Join(" and ", keys),
    };
}
