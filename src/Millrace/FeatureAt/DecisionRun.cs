using System.Collections.Immutable;
using System.Globalization;
using Millrace.Cli;
using Millrace.Features.Definitions;
using Millrace.Features.Online;
using Millrace.Features.PointInTime;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Node;

namespace Millrace.FeatureAt;

/// <summary>Finds a decision, walks to it and builds its matrix again. One use.</summary>
/// <param name="journal">What is read; nothing is written.</param>
/// <param name="features">The definitions.</param>
/// <param name="folding">The bounds and habits of the folder that served.</param>
/// <param name="maxPersons">The most sessions, and the most users, that are followed at a time.</param>
/// <param name="id">The decision's.</param>
/// <param name="skipped">Told of each record that is no fact.</param>
internal sealed class DecisionRun(IJournalReader journal, FeatureSet features, FeatureOptions folding, int maxPersons, string id, Action<Position, Exception> skipped)
{
    private PointInTimeWalk? _walk;
    private long _searched;

    /// <summary>How far it is; any thread may ask.</summary>
    public string Progress => Volatile.Read(ref _walk) is { } walk
        ? string.Create(CultureInfo.InvariantCulture, $"{walk.Folded:N0} of some {walk.ToFold:N0} facts folded")
        : string.Create(CultureInfo.InvariantCulture, $"{Volatile.Read(ref _searched):N0} records searched for the decision");

    /// <exception cref="NodeStartException">There is no such decision.</exception>
    /// <exception cref="JournalException">The journal cannot be read.</exception>
    public async Task<DecisionAnswer> RunAsync(CancellationToken cancellation)
    {
        var decided = await FindAsync(cancellation)
            ?? throw new NodeStartException(ExitCode.Failure, $"the journal holds no decision '{id}': it was never recorded, or retention took it");
        var answer = AnswerOf(decided);
        var time = WalkOptions.TimeOf(decided);
        var options = new WalkOptions { Folding = folding, MaxPersons = maxPersons, From = time, To = time + TimeSpan.FromMicroseconds(1), Decision = id };
        var walk = new PointInTimeWalk(journal, features, options, skipped);
        Volatile.Write(ref _walk, walk);
        var matrix = new Matrix(features, answer);
        await walk.RunAsync(matrix, cancellation);
        return answer with
        {
            Built = matrix.Built,
            NotVisited = walk.Counts.Visited > 0 ? null : ReasonOf(walk.Counts),
            Others = walk.Counts.Others.FirstOrDefault(),
            Whole = walk.Whole,
        };
    }

    private DecisionAnswer AnswerOf(Decided decided) => new()
    {
        Decided = decided,
        Definitions = folding.Fingerprint(features),
        Features = decided.Inputs?.Features ?? [.. features.Names],
        Items = decided.Inputs?.Candidates ?? [.. decided.Slots.SelectMany(slot => slot.Items).Select(item => item.Item)],
    };

    /// <summary>Beyond the horizon the walk does not look: what it never met stands there.</summary>
    private static NotVisited ReasonOf(WalkCounts counts) => Enum.GetValues<NotVisited>().Where(reason => counts.Not(reason) > 0).DefaultIfEmpty(NotVisited.Late).First();

    /// <summary>The newest of that id, which is how the node reads it too.</summary>
    private async Task<Decided?> FindAsync(CancellationToken cancellation)
    {
        var reader = new SkippingReader(journal, skipped);
        Decided? found = null;
        for (var partition = 0; partition < journal.Partitions(JournalStream.Decisions); partition++)
        {
            var next = journal.Range(JournalStream.Decisions, partition).First;
            while (await reader.ReadAsync(JournalStream.Decisions, partition, next, cancellation) is { Count: > 0 } batch)
            {
                foreach (var decided in batch.Select(stored => stored.Fact).OfType<Decided>())
                {
                    found = decided.Id == id && decided.Tenant == folding.Tenant && !(decided.Received < found?.Received) ? decided : found;
                }

                next = batch[^1].Position.Offset + 1;
                Volatile.Write(ref _searched, _searched + batch.Count);
            }
        }

        return found;
    }

    private sealed class Matrix(FeatureSet features, DecisionAnswer answer) : IMomentVisitor
    {
        internal ImmutableArray<float> Built { get; private set; } = [];

        public ValueTask VisitAsync(Moment moment, CancellationToken cancellation)
        {
            // A column that the caller alone knows has no definition.
            ImmutableArray<string> known = [.. answer.Features.Where(name => features.IndexOf(name) >= 0)];
            var read = new CandidateReader(features, known).Read(moment, answer.Items.AsSpan());
            var built = ImmutableArray.CreateBuilder<float>(answer.Items.Length * answer.Features.Length);
            for (var item = 0; item < answer.Items.Length; item++)
            {
                foreach (var name in answer.Features)
                {
                    built.Add(known.IndexOf(name) is var column and >= 0 ? read[(item * known.Length) + column] : float.NaN);
                }
            }

            Built = built.MoveToImmutable();
            return ValueTask.CompletedTask;
        }
    }
}
