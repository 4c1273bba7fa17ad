using Millrace.Models.Policies;

namespace Millrace.Node.Configuration;

/// <summary>A policy, as it is written and bound; its parts stand beside it.</summary>
internal static class PolicyShape
{
    public static ObjectShape Policy() => new("a policy",
    [
        .. CandidateShape.Settings(),
        .. HeadShape.Settings(),
        .. SlateShape.Settings(),
        new("pins", new ListShape("a list of pins", new ObjectShape("a pin like {slot: main, rank: 1, item: story-7}",
        [
            new("slot", Scalars.Name, "The slot.", Required: true),
            new("rank", Scalars.Integer(1, 100), "1-based rank in it. A slot has no holes: with too little to fill the places before, the pin moves up, and the decision says `pinMoved`.", Required: true),
            new("item", Scalars.Line("an item id of 1 to 128 characters", 128), "The item.", Required: true),
        ]), 0, 100), "Items that an editor fixed at a rank."),
        new("excludeSeen", Scalars.Boolean, "Whether items that the session has seen are left out.", "true", "a repeat is rarely wanted"),
        new("allowProtected", new ListShape("a list of features", Scalars.Name, 0, 256), "Protected features that this policy may use all the same, by name: somebody decided that. Else they serve to measure fairness alone."),
        new("segment", Scalars.Name, "The context key whose value names the segment of the ladder's list."),
    ]);

    public static Policy Bind(string name, BoundObject policy, ModelFiles models)
    {
        var bound = new Policy
        {
            Name = name,
            Pins = [.. policy["pins"].Items.Select(p => new Pin(p.Object!.Get<string>("slot"), p.Object!.Get<int>("rank"), p.Object!.Get<string>("item")))],
            ExcludeSeen = policy.Get<bool>("excludeSeen"),
            Segment = policy["segment"].Text,
            AllowProtected = [.. policy["allowProtected"].Items.Select(name => name.Text!).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)],
        };
        return SlateShape.Bind(policy, HeadShape.Bind(policy, CandidateShape.Bind(policy, bound, models), models));
    }
}
