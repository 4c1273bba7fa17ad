namespace Millrace.Models.Policies;

/// <summary>Something that a policy reads, and by which door.</summary>
/// <param name="Path">The setting, from the policy on, like <c>candidates[0].affinity</c>.</param>
/// <param name="Of">What it is the name of.</param>
/// <param name="Name">Its name; empty for pairs that the policy does not name.</param>
public readonly record struct PolicyRead(string Path, PolicyReadOf Of, string Name);

/// <summary>What a policy reads.</summary>
public enum PolicyReadOf
{
    /// <summary>A feature, or the state that it keeps.</summary>
    Feature,

    /// <summary>The pairs that the feature set reads where none are named: those of the first co-occurrence.</summary>
    Pairs,

    /// <summary><c>provider</c>, <c>kind</c>, or an attribute of items.</summary>
    Attribute,

    /// <summary>A key of the request's context.</summary>
    Context,
}
