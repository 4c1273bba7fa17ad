using Millrace.Decisions.Replay;
using Millrace.Features.Numerics;
using Millrace.Features.PointInTime;
using Millrace.Journal;
using Millrace.Journal.Facts;
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
    private readonly PolicyProbe _target;
    private readonly LoggedPolicies _logged;
    private readonly OutcomeJoin _outcomes;
    private LeftOut _left = new();
    private double[] _buffer = [];
    private long _judged;

    /// <param name="journal">What is read.</param>
    /// <param name="shelf">The models of the policy, and of those that decided.</param>
    /// <param name="request">What is judged.</param>
    /// <param name="skipped">Told of records that are no facts.</param>
    public ParetoRun(IJournalReader journal, IModelShelf shelf, ParetoRequest request, Action<Position, Exception> skipped)
    {
        (_journal, _request) = (journal, request);
        _reader = new SkippingReader(journal, skipped);
        _target = new PolicyProbe(request.Policy, shelf);
        _logged = new LoggedPolicies(shelf);
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
        double[] present = [.. _target.Weights];
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

        return ParetoVerdicts.Report(_request, _target.Heads, weightings, estimator, _outcomes.Kept, _left);
    }

    /// <summary>The share of the present spread that each head takes, in steps.</summary>
    private async Task<double[][]> SharesAsync(double[] present, CancellationToken cancellation)
    {
        var (spreads, seen) = (new double[present.Length], 0);
        await foreach (var decided in DecisionsAsync(cancellation))
        {
            if (Logged(decided) is null)
            {
                continue;
            }

            for (var head = 0; head < spreads.Length; head++)
            {
                spreads[head] += Spread(_target.Values(head));
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

        int[] swept = [.. _request.Objectives.Select(objective => _target.Heads.IndexOf(objective.Head))];
        if (swept.Where(head => spreads[head] == 0).Select(head => _target.Heads[head]).FirstOrDefault() is { } flat)
        {
            throw new InvalidDataException($"head '{flat}' has one value for all candidates of each recorded decision: its weight changes nothing. Judge others with --head.");
        }

        return [.. WeightGrid.Shares(present, swept, [.. spreads.Select(spread => spread / seen)], _request.Steps)];
    }

    private void Judge(Decided decided, double[][] weightings, PrefixIps estimator)
    {
        if (Logged(decided) is not { } logged)
        {
            return;
        }

        var (places, candidates) = (_target.Slate.Length, _target.Candidates);
        Span<double> propensities = new double[places];
        Span<double> supported = new double[places];
        Span<double> could = new double[places * candidates];
        Span<double> would = _buffer.Length >= could.Length ? _buffer.AsSpan(0, could.Length) : _buffer = new double[could.Length];
        Span<double> logs = new double[places];
        logged.Propensities(logged.Weights.AsSpan(), logs, could);
        if (!AreLogged(decided, logged.Slate, logs))
        {
            _left.Add(LeftOut.NotReproduced);
            return;
        }

        Span<double> rewards = new double[places * _request.Objectives.Length];
        _outcomes.Rewards(decided, Items(decided, _target.Slate), rewards);
        estimator.Next(StableHash.Of(decided.User ?? decided.Session ?? decided.Id), rewards, places);
        for (var policy = 0; policy < weightings.Length; policy++)
        {
            _target.Propensities(weightings[policy], propensities, would);
            Support(could, would, _target.Slate, supported);
            estimator.Add(policy, logs, propensities, supported);
        }

        Volatile.Write(ref _judged, estimator.Decisions);
    }

    /// <summary>Reads a decision into both probes; null, and counted, when it says nothing.</summary>
    private PolicyProbe? Logged(Decided decided)
    {
        var found = _logged.Find(decided.Policy);
        var refusal = found is { } by ? by.Probe.Read(decided, by.Policy) : decided.Erased ? ProbeRefusal.Erased : ProbeRefusal.None;
        if (refusal == ProbeRefusal.None && found is null)
        {
            _left.Add(LeftOut.PolicyMissing);
            return null;
        }

        if (refusal == ProbeRefusal.None)
        {
            refusal = _target.Read(decided, found!.Value.Policy);
        }

        if (refusal == ProbeRefusal.None)
        {
            return found!.Value.Probe;
        }

        _left.Add(refusal);
        return null;
    }

    /// <summary>Whether the policy that decided gives what was logged, to the bit.</summary>
    private static bool AreLogged(Decided decided, ReadOnlySpan<int> slate, ReadOnlySpan<double> again)
    {
        var place = -1;
        foreach (var item in decided.Slots.SelectMany(slot => slot.Items))
        {
            do
            {
                place++;
            }
            while (slate[place] < 0);

            if (BitConverter.DoubleToInt64Bits(item.Propensity) != BitConverter.DoubleToInt64Bits(again[place]))
            {
                return false;
            }
        }

        return !again.Contains(0);
    }

    private static string?[] Items(Decided decided, ReadOnlySpan<int> slate)
    {
        var items = new string?[slate.Length];
        for (var place = 0; place < items.Length; place++)
        {
            items[place] = slate[place] < 0 ? null : decided.Inputs!.Candidates[slate[place]];
        }

        return items;
    }

    /// <summary>By place, how much of what the policy would do could have been logged there; where both leave it empty, all.</summary>
    private static void Support(ReadOnlySpan<double> could, ReadOnlySpan<double> would, ReadOnlySpan<int> slate, Span<double> supported)
    {
        var candidates = could.Length / Math.Max(1, slate.Length);
        for (var place = 0; place < slate.Length; place++)
        {
            var (within, all) = (0.0, 0.0);
            for (var i = place * candidates; i < (place + 1) * candidates; i++)
            {
                all += would[i];
                within += could[i] > 0 ? would[i] : 0;
            }

            supported[place] = all > 0 ? within / all : slate[place] < 0 ? 1 : 0;
        }
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

    private async IAsyncEnumerable<Decided> DecisionsAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        for (var partition = 0; partition < _journal.Partitions(JournalStream.Decisions); partition++)
        {
            var next = _journal.Range(JournalStream.Decisions, partition).First;
            while (await _reader.ReadAsync(JournalStream.Decisions, partition, next, cancellation) is { Count: > 0 } facts)
            {
                cancellation.ThrowIfCancellationRequested();
                foreach (var decided in facts.Select(stored => stored.Fact).OfType<Decided>())
                {
                    if (decided.Surface == _request.Surface && decided.Time >= _request.From && decided.Time < _request.To)
                    {
                        yield return decided;
                    }
                }

                next = facts[^1].Position.Offset + 1;
            }
        }
    }

    private InvalidDataException Nothing() => new(_left.Counts.Count == 0
        ? $"the journal has no decisions of surface '{_request.Surface}' in that time."
        : $"no recorded decision of surface '{_request.Surface}' says anything of other weights:\n{string.Join('\n', _left.Counts.Select(left => $"  {left.Value:N0}: {LeftOut.Say(left.Key)}"))}");
}
