using Millrace.Features.Numerics;
using Millrace.Features.PointInTime;
using Millrace.Flywheel;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Learning.Evaluation.OffPolicy;
using Millrace.Models.Shelf;
using Millrace.Pareto;

namespace Millrace.Evaluate;

/// <summary>Judges a policy by what a journal recorded: reads what came of decisions, then walks twice over the decisions.</summary>
internal sealed class JournalEvaluation
{
    private readonly IJournalReader _journal;
    private readonly JournalRequest _request;
    private readonly SkippingReader _reader;
    private readonly LoggedPolicies _logged;
    private readonly PolicyToEvaluation _probe;
    private readonly OutcomeJoin _outcomes;
    private readonly ProbedEvaluation _evaluation;
    private long _judged;

    /// <param name="journal">What is read.</param>
    /// <param name="shelf">The models of the policy, and of those that decided.</param>
    /// <param name="request">What is judged.</param>
    /// <param name="skipped">Told of records that are no facts.</param>
    /// <exception cref="Decisions.Ranking.ModelMissingException">A model of the policy is not on the shelf.</exception>
    public JournalEvaluation(IJournalReader journal, IModelShelf shelf, JournalRequest request, Action<Position, Exception> skipped)
    {
        (_journal, _request) = (journal, request);
        _reader = new SkippingReader(journal, skipped);
        _logged = new LoggedPolicies(shelf);
        _probe = new PolicyToEvaluation(request.Policy, shelf, _logged);
        _evaluation = new ProbedEvaluation(_probe, request.Options);
        _outcomes = new OutcomeJoin([request.Outcome], request.Window, request.MostOutcomes);
    }

    /// <summary>Decisions that say nothing of the policy, by reason.</summary>
    public LeftOut Left { get; private set; } = new();

    /// <summary>Decisions looked at, of both walks; any thread may ask.</summary>
    public long Judged => Volatile.Read(ref _judged);

    /// <exception cref="JournalException">The journal cannot be read.</exception>
    public async Task<Evaluation> RunAsync(CancellationToken cancellation)
    {
        await _logged.ReadAsync(_reader, _journal.Range(JournalStream.Control, 0).First, cancellation);
        await _outcomes.ReadAsync(_reader, _journal.Partitions(JournalStream.Events), partition => _journal.Range(JournalStream.Events, partition).First, cancellation);
        await EachAsync(_evaluation.Learn, cancellation);
        Left = new LeftOut();
        await EachAsync(_evaluation.Judge, cancellation);
        return _evaluation.Evaluate(_request.Gates, _request.Bounds, Left.Counts.GetValueOrDefault(PolicyToEvaluation.NotReproduced) + Left.Counts.GetValueOrDefault("damaged"));
    }

    private async Task EachAsync(Action<ulong, ReadOnlySpan<double>> each, CancellationToken cancellation)
    {
        var taken = 0L;
        await foreach (var decided in RecordedDecisions.ReadAsync(_journal, _reader, _request.Surface, _request.From, _request.To, cancellation))
        {
            if (_probe.Read(decided) is { } reason)
            {
                Left.Add(reason);
                continue;
            }

            var rewards = new double[_probe.Items.Length];
            _outcomes.Rewards(decided, _probe.Items, rewards);
            each(PersonOf(decided), rewards);
            Volatile.Write(ref _judged, _judged + 1);
            if (++taken == _request.MostDecisions)
            {
                break;
            }
        }
    }

    private static ulong PersonOf(Decided decided) => StableHash.Of(decided.User ?? decided.Session ?? decided.Id);
}
