using System.Globalization;
using Millrace.Learning.Training;

namespace Millrace.Train;

/// <summary>Says how far a training is: the metrics of the slice that stops, at most a line a second.</summary>
internal sealed class TrainProgress(TimeProvider clock, int rounds, Action<string> say)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private readonly long _began = clock.GetTimestamp();
    private long _said;

    internal void Show(LossCurve curve)
    {
        var now = clock.GetTimestamp();
        if (_said != 0 && clock.GetElapsedTime(_said, now) < Interval)
        {
            return;
        }

        _said = now;
        var values = curve.Valid.Count == 0 ? "" : string.Join("  ", curve.Metrics.Select((name, place) => string.Create(CultureInfo.InvariantCulture, $"{name} {curve.Valid[^1][place]:F6}")));
        say(string.Create(CultureInfo.InvariantCulture, $"tree {curve.Valid.Count,5} of {rounds}  {values}  best at {curve.Best}  {clock.GetElapsedTime(_began, now).TotalSeconds:N0} s"));
    }
}
