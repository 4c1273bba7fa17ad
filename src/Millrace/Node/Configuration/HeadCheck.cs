using Millrace.Models.Policies;

namespace Millrace.Node.Configuration;

/// <summary>What the heads of a policy refer to, as written.</summary>
internal static class HeadCheck
{
    private static readonly string[] Kinds = ["forest", "linear", "blend", "feature", "external", "beta"];
    private static readonly string[] OfForests = ["output", "class"];

    /// <summary>The features that a policy names, each where it is named; what its forests read, only their files know.</summary>
    public static IEnumerable<(string Name, Bound At)> FeaturesOf(BoundObject policy)
    {
        var heads = policy["heads"].Entries.Select(head => head.Value.Object).OfType<BoundObject>().ToArray();
        return
        [
            .. Keys(policy["blend"]),
            .. policy["firstPhase"].Object is { } phase ? Keys(phase["blend"]).Where(named => !FirstPhase.IsOfLists(named.Name)) : [],
            .. heads.SelectMany(head => Keys(head["blend"])),
            .. heads.SelectMany(head => (Bound[])[head["feature"], .. head["beta"].Object is { } beta ? (Bound[])[beta["successes"], beta["trials"]] : []])
                .Where(named => named.Text is not null).Select(named => (named.Text!, named)),
        ];
    }

    /// <summary>Checks that each head says one thing.</summary>
    public static void Run(BoundObject policy, ConfigFaults faults)
    {
        foreach (var head in policy["heads"].Entries.Where(head => head.Value.Object is not null))
        {
            var written = Kinds.Where(kind => head.Value.Object![kind].IsWritten).ToArray();
            if (written.Length != 1)
            {
                faults.Add(new ConfigFault(head.Value.Mark, head.Value.Path, $"exactly one of {string.Join(", ", Kinds)}", written.Length == 0 ? "none" : $"{written.Length}"));
            }
            else if (written[0] != "forest" && OfForests.Select(name => head.Value.Object![name]).FirstOrDefault(setting => setting.IsWritten) is { } idle)
            {
                faults.Add(new ConfigFault(idle.Mark, idle.Path, "it beside forest", $"a head by {written[0]}"));
            }
        }
    }

    private static IEnumerable<(string Name, Bound At)> Keys(Bound blend) => blend.Entries.Select(weight => (weight.Name, new Bound(null, weight.Mark, weight.Value.Path)));
}
