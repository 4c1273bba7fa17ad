using Millrace.Journal;

namespace Millrace.Backtest.Learnt;

/// <summary>How well one ranking foretold the scored clicks: over all, held out, and by the hour of the day (UTC).</summary>
internal sealed class RankedClicks(string name)
{
    private readonly SlateScore[] _hours = [.. Enumerable.Range(0, 24).Select(_ => new SlateScore())];

    public string Name => name;

    public SlateScore All { get; } = new();

    public SlateScore HeldOut { get; } = new();

    public ReadOnlySpan<SlateScore> Hours => _hours;

    /// <summary>Scores a slate against what was clicked.</summary>
    public void Add(IReadOnlyList<string> slate, string clicked, UnixMicros time, UnixMicros? firstSeen, bool heldOut)
    {
        All.Add(slate, clicked, time, firstSeen);
        _hours[(int)(time.Value / 3_600_000_000 % 24)].Add(slate, clicked, time, firstSeen);
        if (heldOut) HeldOut.Add(slate, clicked, time, firstSeen);
    }
}
