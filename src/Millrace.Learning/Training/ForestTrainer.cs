using System.Collections.Immutable;
using System.Globalization;
using Millrace.Learning.Training.LightGbm;

namespace Millrace.Learning.Training;

/// <summary>
/// Boosts trees round by round: rate by schedule, stop by a later slice, a state to go on from at every <see cref="TrainingSettings.CheckpointEvery"/> trees. One seed gives the same bytes,
/// whether it was interrupted or not: draws begin anew at every such state, so that what comes after depends on the trees before it alone.
/// </summary>
internal sealed class ForestTrainer(BinnedSlices data, TrainingSettings settings)
{
    /// <summary>Takes the state at every checkpoint; null for nobody.</summary>
    public Action<TrainingState>? Checkpoint { get; init; }

    /// <summary>Takes the curve after every round; null for nobody.</summary>
    public Action<LossCurve>? Progress { get; init; }

    /// <summary>Trains.</summary>
    /// <param name="first">The model that the slices start from: that of <paramref name="state"/>, or one to go on training; null for none.</param>
    /// <param name="state">Where an interrupted training stood; null to begin.</param>
    /// <param name="cancellation">Ends it between two trees.</param>
    /// <exception cref="TrainingException">The settings do not fit the data.</exception>
    /// <exception cref="LightGbmException">The library refused.</exception>
    internal TrainedForest Train(LightGbmBooster? first, TrainingState? state, CancellationToken cancellation)
    {
        using var booster = LightGbmBooster.Create(data.Train, settings.Text(data.Features));
        if (data.Valid is { } valid)
        {
            booster.Validate(valid);
        }

        if (first is not null)
        {
            booster.Prepend(first);
        }

        var before = (first?.Iterations ?? 0) - (state?.Rounds ?? 0);
        var curve = CurveOf(booster, state);
        var tried = Boost(booster, curve, state?.Rounds ?? 0, cancellation);
        var rounds = settings.EarlyStopping > 0 && data.Valid is not null && curve.Best > 0 ? curve.Best : tried;
        var all = before + rounds;
        return new TrainedForest
        {
            Model = booster.Save(all),
            Rounds = rounds,
            Tried = tried,
            Curve = curve,
            Gain = [.. booster.Importance(gain: true, all, data.Features.Length)],
            Splits = [.. booster.Importance(gain: false, all, data.Features.Length)],
        };
    }

    private int Boost(LightGbmBooster booster, LossCurve curve, int from, CancellationToken cancellation)
    {
        var round = from;
        for (; round < settings.Rounds && !curve.HasStalled(settings.EarlyStopping); round++)
        {
            cancellation.ThrowIfCancellationRequested();
            Prepare(booster, round);
            var goesOn = booster.Update();
            if (data.Valid is not null)
            {
                curve.Add(booster.Evaluate(1, curve.Metrics.Length));
            }

            Progress?.Invoke(curve);
            if (!goesOn)
            {
                return round + 1;
            }

            if (settings.CheckpointEvery > 0 && (round + 1) % settings.CheckpointEvery == 0 && round + 1 < settings.Rounds)
            {
                Checkpoint?.Invoke(new TrainingState(booster.Save(), round + 1, curve.Metrics, [.. curve.Valid.Select(values => values.ToImmutableArray())]));
            }
        }

        return round;
    }

    private void Prepare(LightGbmBooster booster, int round)
    {
        var rate = string.Create(CultureInfo.InvariantCulture, $"learning_rate={settings.Rate.At(round)}");
        var begins = settings.CheckpointEvery > 0 ? round % settings.CheckpointEvery == 0 : round == 0;
        if (begins && settings.Reseed(settings.CheckpointEvery > 0 ? round / settings.CheckpointEvery : 0) is { } seeds)
        {
            if (settings.BagShare() is { } bags)
            {
                booster.Reset(bags.Nudged);
                seeds = $"{bags.Given} {seeds}";
            }

            booster.Reset($"{seeds} {rate}");
        }
        else if (settings.Rate.Step != 0)
        {
            booster.Reset(rate);
        }
    }

    private LossCurve CurveOf(LightGbmBooster booster, TrainingState? state)
    {
        var metrics = booster.Metrics().ToImmutableArray();
        var stopBy = settings.StopMetric is { } name ? metrics.IndexOf(name) : 0;
        if (settings.EarlyStopping > 0 && data.Valid is null)
        {
            throw new TrainingException("stopping early needs a later slice to stop by, and there are no examples in it");
        }

        if (settings.EarlyStopping > 0 && (stopBy < 0 || metrics.IsEmpty))
        {
            throw new TrainingException($"there is no metric '{settings.StopMetric}'; there are {string.Join(", ", metrics)}");
        }

        var curve = new LossCurve(metrics, Math.Max(0, stopBy));
        foreach (var values in state?.Curve ?? [])
        {
            curve.Add([.. values]);
        }

        return curve;
    }
}
