using System.Collections.Immutable;
using System.Globalization;
using Millrace.Features.Definitions;

namespace Millrace.Models.Policies;

/// <summary>Finds everything that is wrong with policies and surfaces; each fault names the field's path, what was expected and what was got.</summary>
public static class PolicyValidator
{
    /// <summary>The most items of a slate, over all slots.</summary>
    public const int MostItems = 500;

    /// <summary>The most candidates of one source, and the most that exploration draws from.</summary>
    public const int MostCandidates = 1000;

    /// <summary>All faults, in order of path; empty when policies and surfaces may come into force.</summary>
    public static IReadOnlyList<string> Faults(IEnumerable<Policy> policies, IEnumerable<Surface> surfaces, FeatureSet features)
    {
        Policy[] all = [.. policies];
        Surface[] places = [.. surfaces];
        return
        [
            .. all.GroupBy(policy => policy.Name, StringComparer.Ordinal).Where(same => same.Count() > 1).Select(same => $"policies.{same.Key}: defined twice"),
            .. all.SelectMany(policy => Faults(policy, features)),
            .. places.GroupBy(surface => surface.Name, StringComparer.Ordinal).Where(same => same.Count() > 1).Select(same => $"surfaces.{same.Key}: defined twice"),
            .. places.SelectMany(surface => Faults(surface, all)),
        ];
    }

    /// <summary>All faults of one policy.</summary>
    public static IEnumerable<string> Faults(Policy policy, FeatureSet features)
    {
        string path = $"policies.{policy.Name}";
        foreach (string fault in CandidateFaults.Of(policy, features).Concat(HeadFaults.Of(policy, features)).Concat(SlateFaults.Of(policy, features)).Concat(ProtectedFaults.Of(policy, features))) yield return $"{path}.{fault}";

        for (int i = 0; i < policy.Pins.Length; i++)
        {
            if (policy.Pins[i].Rank is < 1 or > 100) yield return $"{path}.pins[{i}].rank: expected 1 to 100; got {policy.Pins[i].Rank}";
            if (policy.Pins[i].Item.Length == 0) yield return $"{path}.pins[{i}].item: expected an item id; got nothing";
        }

        foreach (var same in policy.Pins.GroupBy(pin => (pin.Slot, pin.Rank)).Where(same => same.Count() > 1))
        {
            yield return $"{path}.pins: slot '{same.Key.Slot}' rank {same.Key.Rank} is pinned {same.Count()} times";
        }
    }

    /// <summary>All faults of one surface.</summary>
    public static IEnumerable<string> Faults(Surface surface, IReadOnlyCollection<Policy> policies)
    {
        string path = $"surfaces.{surface.Name}";
        if (policies.All(policy => policy.Name != surface.Policy))
        {
            yield return $"{path}.policy: expected the name of a policy; got '{surface.Policy}'";
        }

        if (surface.Slots.Length == 0) yield return $"{path}.slots: expected at least one slot";
        for (int i = 0; i < surface.Slots.Length; i++)
        {
            if (surface.Slots[i].Id.Length is 0 or > 128) yield return $"{path}.slots[{i}].id: expected 1 to 128 characters";
            if (surface.Slots[i].Count is < 1 or > 100) yield return $"{path}.slots[{i}].count: expected 1 to 100; got {surface.Slots[i].Count}";
        }

        if (surface.Slots.Select(slot => slot.Id).Distinct(StringComparer.Ordinal).Count() < surface.Slots.Length) yield return $"{path}.slots: an id stands twice";
        long items = surface.Slots.Sum(slot => (long)slot.Count);
        if (items > MostItems) yield return $"{path}.slots: expected at most {MostItems} items over all slots";
        if (items is < 1 or > MostItems || policies.FirstOrDefault(policy => policy.Name == surface.Policy) is not { } decides) yield break;
        foreach (string fault in SlateFaults.Of(decides, (int)items)) yield return $"{path}.policy: {fault}";
    }

    internal static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);
}
