using Millrace.World.Items;

namespace Millrace.World;

/// <summary>What the visitor did with one item of a view.</summary>
/// <param name="Item">The item.</param>
/// <param name="Rank">Its 1-based rank.</param>
/// <param name="Clicked">Whether it was clicked.</param>
/// <param name="Dwell">How long they stayed; zero without a click.</param>
public readonly record struct ViewOutcome(WorldItem Item, int Rank, bool Clicked, TimeSpan Dwell);

/// <summary>One slate as it was looked at.</summary>
/// <param name="Value">What it was worth before anything was clicked, its bodies coming as late as they did.</param>
/// <param name="Outcomes">What became of each item, in the order of the slate.</param>
public sealed record WatchedView(SlateValue Value, IReadOnlyList<ViewOutcome> Outcomes);
