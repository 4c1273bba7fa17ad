using Millrace.Evaluate;
using Millrace.Features.Numerics;
using Millrace.Features.PointInTime;
using Millrace.Flywheel;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Learning.Evaluation.OffPolicy;
using Millrace.Models.Shelf;

namespace Millrace.Pareto;

/// <summary>Judges weightings of a policy by what a journal recorded: reads what came of decisions, then asks of each full record what every weighting would have done.</summary>
internal sealed class ParetoRun
{
    /// <summary>Decisions that say how far heads spread.</summary>
    private const int Sampled = 1_000;

    private readonly IJournalReader _journal;
    private readonly ParetoRequest _request;
    private readonly SkippingReader _reader;
    private readonly PolicyToEvaluation _probe;
    private readonly LoggedPolicies _logged;
    private readonly OutcomeJoin _outcomes;
    private LeftOut _left = new();
    private long _judged;

    /// <param name="journal">What is read.</param>
    /// <param name="shelf">The models of the policy, and of those that decided.</param>
    /// <param name="request">What is judged.</param>
    /// <param name="skipped">Told of records that are no facts.</param>
    public ParetoRun(IJournalReader journal, IModelShelf shelf, ParetoRequest request, Action<Position, Exception> skipped)
    {
        (_journal, _request) = (journal, request);
        _reader = new SkippingReader(journal, skipped);
        _logged = new LoggedPolicies(shelf);
        _probe = new PolicyToEvaluation(request.Policy, shelf, _logged);
        _outcomes = new OutcomeJoin(request.Objectives, request.Window);
    }

    /// <summary>Decisions judged so far; any thread may ask.</summary>
    public long Judged => Volatile.Read(ref _judged);

    /// <exception cref="InvalidDataException">The log says nothing of other weights: says why.</exception>
    /// <exception cref="JournalException">The journal cannot be read.</exception>
    public async Task<ParetoReport> RunAsync(CancellationToken cancellation)
    {
        await _logged.ReadAsync(_reader, _journal.Range(JournalStream.Control, 0).First, cancellation);
        await _outcomes.ReadAsync(_reader, _journal.Partitions(JournalStream.Events), partition => _journal.Range(JournalStream.Events, partition).First, cancellation);
        double[] present = [.. _probe.Weights];
        var given = _request.Weightings ?? await SharesAsync(present, cancellation);
        double[][] weightings = [present, .. given.Where(weights => !weights.SequenceEqual(present))];
        var estimator = new PrefixIps(weightings.Length, _request.Objectives.Length, _request.Replicates, _request.Seed);
        _left = new LeftOut();
        await foreach (var decided in DecisionsAsync(cancellation))
        {
            Judge(decided, weightings, estimator);
        }

        if (estimator.Decisions == 0)
        {
            throw Nothing();
        }

        return ParetoVerdicts.Report(_request, _probe.Heads, weightings, estimator, _outcomes.Kept, _left);
    }

    /// <summary>The share of the present spread that each head takes, in steps.</summary>
    private async Task<double[][]> SharesAsync(double[] present, CancellationToken cancellation)
    {
        var (spreads, seen) = (new double[present.Length], 0);
        await foreach (var decided in DecisionsAsync(cancellation))
        {
            if (!Reads(decided))
            {
                continue;
            }

            for (var head = 0; head < spreads.Length; head++)
            {
                spreads[head] += Spread(_probe.Values(head));
            }

            if (++seen == Sampled)
            {
                break;
            }
        }

        if (seen == 0)
        {
            throw Nothing();
        }

        int[] swept = [.. _request.Objectives.Select(objective => _probe.Heads.IndexOf(objective.Head))];
        if (swept.Where(head => spreads[head] == 0).Select(head => _probe.Heads[head]).FirstOrDefault() is { } flat)
        {
            throw new InvalidDataException($"head '{flat}' has one value for all candidates of each recorded decision: its weight changes nothing. Judge others with --head.");
        }

        return [.. WeightGrid.Shares(present, swept, [.. spreads.Select(spread => spread / seen)], _request.Steps)];
    }

    private void Judge(Decided decided, double[][] weightings, PrefixIps estimator)
    {
        if (!Reads(decided))
        {
            return;
        }

        var places = _probe.Items.Length;
        Span<double> targets = new double[places];
        Span<double> supported = new double[places];
        Span<double> rewards = new double[places * _request.Objectives.Length];
        _outcomes.Rewards(decided, _probe.Items, rewards);
        estimator.Next(StableHash.Of(decided.User ?? decided.Session ?? decided.Id), rewards, places);
        for (var policy = 0; policy < weightings.Length; policy++)
        {
            _probe.Ask(weightings[policy], targets, supported);
            estimator.Add(policy, _probe.Logged, targets, supported);
        }

        Volatile.Write(ref _judged, estimator.Decisions);
    }

    /// <summary>Reads a decision into the probe; false, and counted, when it says nothing.</summary>
    private bool Reads(Decided decided)
    {
        if (_probe.Read(decided) is not { } reason)
        {
            return true;
        }

        _left.Add(reason);
        return false;
    }

    /// <summary>The standard deviation of what is finite.</summary>
    private static double Spread(ReadOnlySpan<double> values)
    {
        var (count, sum, squares) = (0, 0.0, 0.0);
        foreach (var value in values)
        {
            if (double.IsFinite(value))
            {
                count++;
                sum += value;
            }
        }

        var mean = sum / Math.Max(1, count);
        foreach (var value in values)
        {
            squares += double.IsFinite(value) ? (value - mean) * (value - mean) : 0;
        }

        return Math.Sqrt(squares / Math.Max(1, count));
    }

    private IAsyncEnumerable<Decided> DecisionsAsync(CancellationToken cancellation) =>
        RecordedDecisions.ReadAsync(_journal, _reader, _request.Surface, _request.From, _request.To, cancellation);

    private InvalidDataException Nothing() => new(_left.Counts.Count == 0
        ? $"the journal has no decisions of surface '{_request.Surface}' in that time."
        : $"no recorded decision of surface '{_request.Surface}' says anything of other weights:\n{string.Join('\n', _left.Counts.Select(left => $"  {left.Value:N0}: {LeftOut.Say(left.Key)}"))}");
}
