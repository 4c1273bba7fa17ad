using System.Collections.Immutable;

namespace Millrace.Models.Policies;

/// <summary>A place where content is chosen.</summary>
/// <param name="Name">Its name: <c>home</c>.</param>
/// <param name="Policy">The name of the policy that decides here.</param>
/// <param name="Slots">In the order in which they are filled; at least one.</param>
public sealed record Surface(string Name, string Policy, ImmutableArray<Slot> Slots)
{
    /// <summary>At most so many decisions under way; further ones are answered from the ladder's lists. 0 has no limit.</summary>
    public int AtOnce { get; init; }
}

/// <summary>A part of a surface that shows <paramref name="Count"/> items.</summary>
/// <param name="Id">Unique on its surface.</param>
/// <param name="Count">1 to 100.</param>
public sealed record Slot(string Id, int Count);
