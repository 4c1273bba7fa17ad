using System.Collections.Immutable;
using Millrace.Learning.Training.LightGbm;
using Millrace.Learning.Training.Slices;

namespace Millrace.Learning.Training;

/// <summary>
/// The slices to train on and to stop by, in LightGBM's bins: a byte per value, read in two passes, so that examples need not fit in memory as numbers. Rows stay in the order of time.
/// </summary>
internal sealed class BinnedSlices : IDisposable
{
    private BinnedSlices(ImmutableArray<string> features, TimeSlices slices) => (Features, Slices) = (features, slices);

    public ImmutableArray<string> Features { get; }

    public TimeSlices Slices { get; }

    public ImmutableSortedDictionary<Slice, SliceCounts> Counts { get; private set; } = ImmutableSortedDictionary<Slice, SliceCounts>.Empty;

    internal LightGbmDataset Train { get; private set; } = null!;

    /// <summary>Null when no slice is to stop by.</summary>
    internal LightGbmDataset? Valid { get; private set; }

    /// <summary>Reads the examples twice.</summary>
    /// <param name="examples">What is read.</param>
    /// <param name="slices">How they are cut.</param>
    /// <param name="settings">Bins, groups and draws.</param>
    /// <param name="start">A model whose scores are started from; null for none.</param>
    /// <param name="progress">Takes the rows read so far, of both passes.</param>
    /// <param name="cancellation">Ends it between batches.</param>
    /// <exception cref="TrainingException">There is nothing to train on.</exception>
    /// <exception cref="LightGbmException">The library refused.</exception>
    internal static async Task<BinnedSlices> LoadAsync(
        IExamples examples, TimeSlices slices, TrainingSettings settings, LightGbmBooster? start, Action<long>? progress, CancellationToken cancellation)
    {
        if (LightGbmLibrary.Absence is { } absence)
        {
            throw new TrainingException($"training needs LightGBM's library: {absence}");
        }

        LightGbmLibrary.Check(LightGbmLibrary.LGBM_SetMaxThreads(settings.Threads));
        var result = new BinnedSlices(examples.Features, slices);
        try
        {
            var parameters = settings.Text(examples.Features);
            var sample = await result.CountAsync(examples, settings, progress, cancellation);
            result.Train = LightGbmDataset.FromSample(sample, result.RowsOf(Slice.Train), parameters);
            result.Valid = result.RowsOf(Slice.Valid) > 0 ? result.Train.Like(result.RowsOf(Slice.Valid)) : null;
            await result.FillAsync(examples, settings, start, progress, cancellation);
            return result;
        }
        catch
        {
            result.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Train?.Dispose();
        Valid?.Dispose();
    }

    private async Task<BinSample> CountAsync(IExamples examples, TrainingSettings settings, Action<long>? progress, CancellationToken cancellation)
    {
        var most = settings.Other.TryGetValue("bin_construct_sample_cnt", out var given) && int.TryParse(given, out var parsed) ? parsed : 200_000;
        var sample = new BinSample(Features.Length, most, (ulong)settings.Seed);
        var counts = Enum.GetValues<Slice>().ToImmutableSortedDictionary(slice => slice, _ => new SliceCounts());
        var (seen, latest, decision) = (0L, long.MinValue, (ulong?)null);
        await foreach (var batch in examples.ReadAsync(cancellation))
        {
            for (var i = 0; i < batch.Count; i++)
            {
                var time = batch.Times.Span[i];
                if (time < latest)
                {
                    throw new TrainingException($"examples are to come in the order of time: {time} µs comes after {latest} µs");
                }

                var slice = Slices.Of(time);
                counts[slice].Add(time, batch.Decisions.Span[i] != decision, batch.Weights.Span[i], batch.Labels.Span[i]);
                (latest, decision) = (time, batch.Decisions.Span[i]);
                if (slice == Slice.Train)
                {
                    sample.Add(batch.Matrix.Span.Slice(i * Features.Length, Features.Length));
                }
            }

            progress?.Invoke(seen += batch.Count);
        }

        Counts = counts;
        return RowsOf(Slice.Train) > 0 ? sample : throw new TrainingException($"nothing is left to train on: of {seen:N0} examples none comes before the cuts and the gap before them");
    }

    private async Task FillAsync(IExamples examples, TrainingSettings settings, LightGbmBooster? start, Action<long>? progress, CancellationToken cancellation)
    {
        var train = new Filling(Train, Features.Length, start);
        var valid = Valid is null ? null : new Filling(Valid, Features.Length, start);
        var seen = Counts.Values.Sum(counts => counts.Rows);
        await foreach (var batch in examples.ReadAsync(cancellation))
        {
            for (int from = 0, to; from < batch.Count; from = to)
            {
                // Slices are runs: rows come in the order of time.
                var slice = Slices.Of(batch.Times.Span[from]);
                for (to = from + 1; to < batch.Count && Slices.Of(batch.Times.Span[to]) == slice;) to++;
                (slice switch { Slice.Train => train, Slice.Valid => valid, _ => null })?.Add(batch, from, to);
            }

            progress?.Invoke(seen += batch.Count);
        }

        train.Complete(settings.Ranks);
        valid?.Complete(settings.Ranks);
        Train.Name([.. Features]);
    }

    private int RowsOf(Slice slice) => Counts[slice].Rows is var rows && rows <= int.MaxValue ? (int)rows : throw new TrainingException($"LightGBM takes at most {int.MaxValue:N0} rows; there are {rows:N0}");

    private sealed class Filling(LightGbmDataset data, int columns, LightGbmBooster? start)
    {
        private readonly float[] _labels = new float[data.Rows];
        private readonly float[] _weights = new float[data.Rows];
        private readonly double[] _scores = new double[start is null ? 0 : data.Rows];
        private readonly List<int> _groups = [];
        private ulong _decision;
        private int _filled;

        internal void Add(ExampleBatch batch, int from, int to)
        {
            var count = to - from;
            if (_filled + count > data.Rows)
            {
                throw new TrainingException("the examples changed while they were read: the second pass found more than the first");
            }

            var rows = batch.Matrix.Span.Slice(from * columns, count * columns);
            data.Push(rows, columns, _filled);
            start?.Predict(rows, columns, LightGbmOutput.Raw, _scores.AsSpan(_filled, count));
            batch.Labels.Span[from..to].CopyTo(_labels.AsSpan(_filled));
            batch.Weights.Span[from..to].CopyTo(_weights.AsSpan(_filled));
            foreach (var decision in batch.Decisions.Span[from..to])
            {
                if (_groups.Count == 0 || decision != _decision) _groups.Add(0);
                _decision = decision;
                _groups[^1]++;
            }

            _filled += count;
        }

        internal void Complete(bool grouped)
        {
            if (_filled < data.Rows)
            {
                throw new TrainingException("the examples changed while they were read: the second pass found fewer than the first");
            }

            data.Label(_labels);
            if (Array.Exists(_weights, weight => weight != 1)) data.Weigh(_weights);
            if (start is not null) data.StartFrom(_scores);
            if (grouped) data.Group(_groups.ToArray());
        }
    }
}
