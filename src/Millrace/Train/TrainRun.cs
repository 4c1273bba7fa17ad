using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Millrace.Learning.Training;
using Millrace.Learning.Training.Calibration;
using Millrace.Learning.Training.Confounding;
using Millrace.Learning.Training.LightGbm;
using Millrace.Learning.Training.Search;
using Millrace.Learning.Training.Slices;
using Millrace.Models.Trees;

namespace Millrace.Train;

/// <summary>
/// A training, from examples to a directory with a model: cut by time, searched where asked, boosted with checkpoints, scored by the code that serves, calibrated. An interrupted one goes on at
/// its last checkpoint; a finished one leaves none.
/// </summary>
internal sealed class TrainRun(TrainRequest request, TimeProvider clock, Action<string> say)
{
    private readonly long _began = clock.GetTimestamp();
    private RemediedExamples _examples = new(request.Examples, [], null);

    /// <exception cref="InvalidOperationException">Examples, settings or library make no model: says why.</exception>
    /// <exception cref="IOException">Examples cannot be read, or files not written.</exception>
    /// <exception cref="ForestException">What came out is no model that serves.</exception>
    internal async Task<TrainReport> RunAsync(CancellationToken cancellation)
    {
        if (request.External is null && LightGbmLibrary.Absence is { } absence)
        {
            throw new TrainingException($"training needs LightGBM's library, and nothing else does: {absence}");
        }

        using var folder = new TrainFolder(request.Into);
        if (request.Restart)
        {
            folder.Forget();
        }

        say(string.Create(CultureInfo.InvariantCulture, $"{request.Examples.Count:N0} examples of {request.Examples.Features.Length} features"));
        var slices = await request.Cuts.ResolveAsync(request.Examples, cancellation);
        if (request.Remedies.HasColumns && (request.External is not null || request.First is not null))
        {
            throw new TrainingException("a model that learns with columns which it is served without is trained here, and from the beginning: it goes with neither --external nor --init");
        }

        _examples = await RemediedExamples.PrepareAsync(request.Examples, slices, request.Settings, request.Remedies, cancellation);
        return request.External is { } external
            ? await FinishAsync(folder, await external.TrainAsync(_examples.Examples, slices, say, cancellation), slices, cancellation)
            : await FinishAsync(folder, await BoostAsync(folder, slices, cancellation), slices, cancellation);
    }

    private async Task<Trained> BoostAsync(TrainFolder folder, TimeSlices slices, CancellationToken cancellation)
    {
        var (fingerprint, saved) = (Fingerprint(slices), folder.Saved());
        if (saved is not null && saved.Fingerprint != fingerprint)
        {
            throw new TrainingException($"{request.Into} holds the checkpoint of another training, with other examples or settings: name another directory, or give --restart");
        }

        using var first = (saved?.State.Model ?? request.First) is { } text ? Load(text) : null;
        using var data = await BinnedSlices.LoadAsync(_examples.Examples, slices, request.Settings, first, null, cancellation);
        var settings = saved is null ? request.Settings : request.Settings with { Rate = request.Settings.Rate with { Start = saved.Rate }, Other = saved.Settings };
        HalvingSearch? search = null;
        if (saved is null && request.Trials > 0)
        {
            search = new HalvingSearch(data, settings, request.Ranges, request.Trials, request.TrialTime, clock) { Progress = trial => say(TrainText.Of(trial)) };
            settings = search.Run(first, cancellation);
        }

        if (saved is not null)
        {
            say(string.Create(CultureInfo.InvariantCulture, $"goes on after {saved.State.Rounds} trees"));
        }

        var progress = new TrainProgress(clock, settings.Rounds, say);
        var trainer = new ForestTrainer(data, settings)
        {
            Checkpoint = state => folder.Save(new TrainCheckpoint(fingerprint, settings.Other, settings.Rate.Start, state)),
            Progress = progress.Show,
        };
        return new Trained([], data.Counts, trainer.Train(first, saved?.State, cancellation), settings, search, saved?.State.Rounds);
    }

    private async Task<TrainReport> FinishAsync(TrainFolder folder, Trained trained, TimeSlices slices, CancellationToken cancellation)
    {
        var bytes = trained.Forest is { } own ? Encoding.UTF8.GetBytes(own.Model) : trained.Bytes;
        var forest = ForestFile.Read(bytes);
        if (forest.FeaturesRead().FirstOrDefault(name => !_examples.Examples.Features.Contains(name)) is { } unknown)
        {
            throw new ForestException($"the model reads a feature '{unknown}' that the examples do not have");
        }

        // Judged as it learnt, knowing how each example was shown; served as if all were shown alike.
        var held = await HeldOut.ScoreAsync(_examples.Examples, slices, forest, cancellation);
        var calibration = request.Settings.Objective == "binary" ? held.Calibrate() : null;
        if (!_examples.Columns.IsEmpty)
        {
            bytes = Encoding.UTF8.GetBytes(ForestFold.Fold(Encoding.UTF8.GetString(bytes), [.. _examples.Columns.Select(column => column.Serving)]));
            _ = ForestFile.Read(bytes);
        }

        var report = ReportOf(bytes, trained, held, calibration);
        folder.Delete(TrainFolder.Model);
        folder.Delete(TrainFolder.Calibration);
        if (calibration is not null)
        {
            folder.Write(TrainFolder.Calibration, calibration.Chosen.ToJson());
        }

        folder.Write(TrainFolder.Report, report.ToJson());
        folder.Write(TrainFolder.Model, bytes);
        folder.Forget();
        return report;
    }

    private TrainReport ReportOf(byte[] bytes, Trained trained, HeldOut held, CalibrationChoice? calibration)
    {
        var (features, learnt, forest) = (request.Examples.Features, _examples.Examples.Features, trained.Forest);
        return new TrainReport
        {
            Source = request.Source,
            Trainer = request.External?.Command ?? $"LightGBM {LightGbmLibrary.Version}",
            Digest = Hex(bytes),
            Parent = request.First is { } first ? Hex(Encoding.UTF8.GetBytes(first)) : null,
            Objective = request.Settings.Objective,
            Parameters = forest is null ? null : trained.Settings!.Text(learnt),
            Seed = request.Settings.Seed,
            Features = features,
            FeaturesDigest = Hex(Encoding.UTF8.GetBytes(string.Join('\n', features))),
            Slices = trained.Counts,
            Bias = request.Remedies == new BiasRemedies()
                ? null
                : new BiasRemediesReport(request.Remedies, _examples.Columns.ToDictionary(column => column.Name, column => column.Serving), _examples.Curve),
            Rounds = forest?.Rounds,
            Tried = forest?.Tried,
            Resumed = trained.Resumed,
            Curve = forest?.Curve.Metrics.Select((name, place) => (name, values: (IReadOnlyList<double>)[.. forest.Curve.Valid.Select(round => round[place])])).ToDictionary(one => one.name, one => one.values),
            Importance = forest is null ? null : [.. learnt.Select((name, place) => new FeatureImportance(name, forest.Gain[place], forest.Splits[place])).OrderByDescending(one => one.Gain)],
            HeldOut = held.Metrics(request.Settings.Objective),
            Calibration = calibration is null ? null : new CalibrationReport(calibration.Chosen.Name, calibration.Losses, calibration.Before, calibration.After),
            Trials = trained.Search?.Done,
            TrialsCut = trained.Search?.IsCut,
            Seconds = clock.GetElapsedTime(_began).TotalSeconds,
        };
    }

    // A model that learnt from other columns, or in another order, would be given wrong scores to start from.
    private LightGbmBooster Load(string text)
    {
        var forest = LightGbmText.Read(Encoding.UTF8.GetBytes(text));
        return forest.Features.SequenceEqual(_examples.Examples.Features)
            ? forest.Classes == 1 ? LightGbmBooster.Load(text) : throw new TrainingException("a model of several classes does not go on learning here")
            : throw new TrainingException("the model that is to go on learning has other features than the examples, or in another order: train anew, or name its features in its order with --features");
    }

    private string Fingerprint(TimeSlices slices)
    {
        var (settings, examples) = (request.Settings, _examples.Examples);
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"""
            {settings.Text(examples.Features)} {settings.Rounds} {settings.EarlyStopping} {settings.StopMetric} {settings.Rate} {settings.CheckpointEvery}
            {string.Join('\n', examples.Features)} {examples.Count} {slices} {request.Trials} {string.Join(',', request.Ranges)}
            {string.Join('\n', request.Source)} {request.First} {request.Remedies}
            """);
        return Hex(Encoding.UTF8.GetBytes(text));
    }

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}

/// <summary>A model before it is judged.</summary>
/// <param name="Bytes">Its file, where another trained it.</param>
/// <param name="Counts">By slice, what was read.</param>
/// <param name="Forest">What our own training came to; null where another trained.</param>
/// <param name="Settings">With what a search chose.</param>
/// <param name="Search">The search; null for none.</param>
/// <param name="Resumed">Trees that an interrupted run had made.</param>
internal sealed record Trained(
    byte[] Bytes, ImmutableSortedDictionary<Slice, SliceCounts> Counts, TrainedForest? Forest = null, TrainingSettings? Settings = null, HalvingSearch? Search = null, int? Resumed = null);
