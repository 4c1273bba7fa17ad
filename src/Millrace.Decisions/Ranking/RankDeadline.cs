namespace Millrace.Decisions.Ranking;

/// <summary>When ranking must end, asked before each place; the default never says so, and replays have no other.</summary>
/// <param name="clock">The decision's; null for no end.</param>
/// <param name="until">Its timestamp at the end.</param>
internal readonly struct RankDeadline(TimeProvider? clock, long until)
{
    internal bool IsOver => clock is not null && clock.GetTimestamp() > until;
}
