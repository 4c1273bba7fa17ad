using Millrace.Features.Definitions;
using Millrace.Features.Online;
using Millrace.Features.PointInTime;
using Millrace.Features.PointInTime.Parquet;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.FeatureBuild;

/// <summary>
/// A build of training rows: walks the journal once and leaves a whole file, or several, for each slice of time. What an earlier run completed is not made again: the walk begins at the
/// first slice that is not done, as far before it as features look back.
/// </summary>
/// <param name="journal">What is read.</param>
/// <param name="features">The definitions.</param>
/// <param name="folding">The bounds and habits of the folder that served.</param>
/// <param name="request">Which rows.</param>
internal sealed class BuildRun(IJournalReader journal, FeatureSet features, FeatureOptions folding, BuildRequest request)
{
    private PointInTimeWalk? _walk;
    private long _rows;

    /// <summary>What was skipped on the way because it is no fact; null when nobody wants to know.</summary>
    public Action<Position, Exception>? Skipped { get; init; }

    /// <summary>Facts folded so far; any thread may ask.</summary>
    public long Folded => Volatile.Read(ref _walk)?.Folded ?? 0;

    /// <summary>Facts to fold, about; 0 before that is known.</summary>
    public long ToFold => Volatile.Read(ref _walk)?.ToFold ?? 0;

    /// <summary>Rows written so far.</summary>
    public long Rows { get => Volatile.Read(ref _rows); private set => Volatile.Write(ref _rows, value); }

    /// <exception cref="JournalException">The journal cannot be read.</exception>
    /// <exception cref="IOException">A file cannot be written, or read.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled: the slices that are complete stay.</exception>
    public async Task<BuildOutcome> RunAsync(CancellationToken cancellation)
    {
        var whole = new RowSlice(request.From, request.To, request.Features, folding.Fingerprint(features), RowBuilder.Engine, request.Kind, request.AnyDefinitions, request.Journal);
        using var alone = RowFiles.Lock(request.Into);
        await using var slices = new RowSlices(request.Into, whole, request.Slice, new RowFileOptions());
        await slices.FindDoneAsync(cancellation);
        if (slices.Left is not { } left)
        {
            return BuildOutcome.Done(slices);
        }

        var options = new WalkOptions
        {
            Folding = folding,
            MaxPersons = request.MaxPersons,
            From = left.From,
            To = left.To,
            AnyDefinitions = request.AnyDefinitions,
            PersonsAhead = request.PersonsAhead,
        };
        var walk = new PointInTimeWalk(journal, features, options, Skipped);
        Volatile.Write(ref _walk, walk);
        var builder = new RowBuilder(features, slices, options.Horizon);
        await walk.RunAsync(new Counting(this, builder, slices), cancellation);

        // Of a time in which nothing was decided nothing need be left behind: to look again reads decisions alone. Between slices that have rows, an empty one says that it is done.
        if (walk.Counts.Visited + walk.Counts.NotVisited + slices.Kept > 0)
        {
            await builder.CompleteAsync(walk.Latest, cancellation);
        }

        Rows = slices.Rows;
        return new BuildOutcome(slices.Count, slices.Kept, slices.Rows, builder.Decisions, builder.Slim, builder.Late, walk.Folded, builder.IsWhole, walk.Counts);
    }

    private sealed class Counting(BuildRun run, RowBuilder builder, RowSlices slices) : IMomentVisitor
    {
        public async ValueTask VisitAsync(Moment moment, CancellationToken cancellation)
        {
            cancellation.ThrowIfCancellationRequested();
            await builder.VisitAsync(moment, cancellation);
            run.Rows = slices.Rows;
        }

        public void Missed(Decided decided, NotVisited reason) => builder.Missed(decided, reason);
    }
}
