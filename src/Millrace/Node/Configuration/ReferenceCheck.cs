using System.Collections.Immutable;
using Millrace.Models.Policies;

namespace Millrace.Node.Configuration;

/// <summary>Checks what no single setting can know: that names refer to something, are unique, and that exactly one source is named.</summary>
internal static class ReferenceCheck
{
    /// <returns>The features, each with its definition unless that is faulty.</returns>
    public static ImmutableArray<CheckedFeature> Run(BoundObject root, ConfigFaults faults)
    {
        var features = FeatureCheck.Run(root, faults);
        Unique(root["routes"].Items.Select(r => r.Object?["match"]).OfType<Bound>(), "each pattern once", faults);
        Routes(root, faults);
        foreach (var policy in root["policies"].Entries)
        {
            Policy(policy.Value.Object, features, faults);
        }

        var policies = root["policies"].Entries.ToDictionary(e => e.Name, e => e.Value.Object, StringComparer.Ordinal);
        foreach (var surface in root["surfaces"].Entries)
        {
            Surface(surface.Value.Object, policies, faults);
        }

        Addresses(root["listen"].Object, faults);
        OutcomesSection.Check(root["outcomes"], faults);
        CompressionSection.Check(root["compression"].Object, faults);
        TlsSection.Check(root["tls"].Object, faults);
        return features;
    }

    private static void Routes(BoundObject root, ConfigFaults faults)
    {
        var groups = root["origins"].Entries.Select(e => e.Name).ToArray();
        var tiers = root["shields"].Entries.Select(e => e.Name).ToArray();
        foreach (var bound in root["routes"].Items)
        {
            if (bound.Object is not { } route)
            {
                continue;
            }

            if (route["origin"] is { Text: { } group } origin)
            {
                Refers(group, origin.Mark, origin.Path, "origin group", groups, faults);
            }

            if (route["shield"] is { Text: { } tier } shield)
            {
                Refers(tier, shield.Mark, shield.Path, "shield tier", tiers, faults);
            }
        }
    }

    private static void Policy(BoundObject? policy, ImmutableArray<CheckedFeature> features, ConfigFaults faults)
    {
        if (policy is not null)
        {
            FeatureReferences.CheckPolicy(policy, features, faults);
            CandidateCheck.Check(policy, faults);
            HeadCheck.Run(policy, faults);
            FirstPhaseShape.Check(policy, faults);
        }

        if (policy?["diversity"] is { Object: { } diversity } likeness && diversity["by"].IsWritten == diversity["embedding"].IsWritten)
        {
            faults.Add(new ConfigFault(likeness.Mark, likeness.Path, "exactly one of by, embedding", diversity["by"].IsWritten ? "both" : "none"));
        }
    }

    private static void Surface(BoundObject? surface, Dictionary<string, BoundObject?> policies, ConfigFaults faults)
    {
        if (surface is null)
        {
            return;
        }

        var slots = surface["slots"].Items.Select(s => s.Object?["id"]).OfType<Bound>().ToArray();
        Unique(slots, "each slot id once", faults);
        var items = surface["slots"].Items.Sum(s => (long)((s.Object?["count"].Value as int?) ?? 0));
        if (items > PolicyValidator.MostItems)
        {
            faults.Add(new ConfigFault(surface["slots"].Mark, surface["slots"].Path, $"at most {PolicyValidator.MostItems} items over all slots", $"{items}"));
        }

        if (surface["policy"] is { Text: { } policy } named)
        {
            Refers(policy, named.Mark, named.Path, "policy", [.. policies.Keys], faults);
            foreach (var pin in policies.GetValueOrDefault(policy)?["pins"].Items ?? [])
            {
                if (pin.Object?["slot"] is { Text: { } slot } place)
                {
                    Refers(slot, place.Mark, place.Path, "slot", [.. slots.Select(s => s.Text).OfType<string>()], faults);
                }
            }
        }
    }

    private static void Addresses(BoundObject? listen, ConfigFaults faults)
    {
        var ports = new Dictionary<int, string>();
        foreach (var name in (ImmutableArray<string>)["delivery", "api", "admin"])
        {
            if (listen?[name] is { Value: ListenAddress { Port: > 0 } address } bound && !ports.TryAdd(address.Port, name))
            {
                faults.Add(new ConfigFault(bound.Mark, bound.Path, $"a port of its own ({ports[address.Port]} has {address.Port})", $"'{address}'"));
            }
        }
    }

    private static void Refers(string name, ConfigMark mark, string path, string kind, string[] known, ConfigFaults faults)
    {
        if (!known.Contains(name, StringComparer.Ordinal))
        {
            var article = kind[0] is 'o' or 'a' or 'e' or 'i' or 'u' ? "an" : "a";
            faults.Add(new ConfigFault(
                mark, path, $"{article} {kind} that is defined{(known.Length == 0 ? " (none is)" : "")}", $"'{name}'", NearestName.Of(name, known)));
        }
    }

    private static void Unique(IEnumerable<Bound> names, string expected, ConfigFaults faults)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in names)
        {
            if (name.Text is { } text && !seen.Add(text))
            {
                faults.Add(new ConfigFault(name.Mark, name.Path, expected, $"'{text}' again"));
            }
        }
    }
}
