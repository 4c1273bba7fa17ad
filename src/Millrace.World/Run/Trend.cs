namespace Millrace.World.Run;

/// <summary>A series over time in bounded memory: when its bins are full, neighbours merge and each covers twice the time.</summary>
internal sealed class Trend
{
    private const int MaxBins = 120;

    private readonly List<TrendBin> _bins = [];

    /// <summary>What one bin covers.</summary>
    public TimeSpan Width { get; private set; } = TimeSpan.FromSeconds(1);

    public IReadOnlyList<TrendBin> Bins => [.. _bins];

    public void Add(TimeSpan at, TrendBin what)
    {
        while (at / Width >= MaxBins)
        {
            Merge();
        }

        var index = (int)(at / Width);
        while (_bins.Count <= index)
        {
            _bins.Add(default);
        }

        _bins[index] += what;
    }

    private void Merge()
    {
        var half = (_bins.Count + 1) / 2;
        for (var i = 0; i < half; i++)
        {
            _bins[i] = _bins[2 * i] + (2 * i + 1 < _bins.Count ? _bins[2 * i + 1] : default);
        }

        _bins.RemoveRange(half, _bins.Count - half);
        Width *= 2;
    }
}
