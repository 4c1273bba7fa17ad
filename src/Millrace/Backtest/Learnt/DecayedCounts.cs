namespace Millrace.Backtest.Learnt;

/// <summary>How often items were clicked under a value of the context, each click fading by e in a given time.</summary>
internal sealed class DecayedCounts(TimeSpan memory)
{
    private readonly Dictionary<(string? Value, int Item), (double Count, long At)> _counts = [];

    /// <summary>Learns a click.</summary>
    public void Add(string? value, int item, long time) => _counts[(value, item)] = (Of(value, item, time) + 1, time);

    /// <summary>The count that is left at <paramref name="time"/>.</summary>
    public double Of(string? value, int item, long time) =>
        _counts.TryGetValue((value, item), out var known) ? known.Count * Math.Exp((known.At - time) / memory.TotalMicroseconds) : 0;
}
