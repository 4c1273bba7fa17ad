using System.Collections.Immutable;
using DuckDB.NET.Data;
using Millrace.Features.PointInTime;
using Millrace.Features.PointInTime.Parquet;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Learning.Attribution;
using Millrace.Learning.DuckDb;

namespace Millrace.Labels;

/// <summary>
/// A build of labels: reads the journal once into tables on disk, joins them there, and leaves a file for each slice of time. What an earlier run completed stays, unless an outcome of it came
/// since. A slice whose decisions or events have begun to leave the journal is never made: what stands of it stays. Memory is the store's and one batch of facts, however long the journal is; the disk holds what is read, about 60 bytes of each placed item, until the build ends. One use.
/// </summary>
/// <param name="journal">What is read.</param>
/// <param name="persons">The keyed name of a user or session.</param>
/// <param name="request">Which labels.</param>
/// <param name="skipped">Told of each record that is no fact.</param>
internal sealed class LabelRun(IJournalReader journal, Func<string, long> persons, LabelRequest request, Action<Position, Exception>? skipped = null)
{
    private readonly Dictionary<(JournalStream Stream, int Partition), long> _ends = [];
    private long _read;
    private long _skipped;

    /// <summary>Facts read so far; any thread may ask.</summary>
    public long Read => Volatile.Read(ref _read);

    private SkippingReader Reader => field ??= new SkippingReader(journal, (position, fault) =>
    {
        _skipped++;
        skipped?.Invoke(position, fault);
    });

    /// <exception cref="JournalException">The journal cannot be read.</exception>
    /// <exception cref="IOException">A file cannot be written, or read, or is another build's.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled: the slices that are complete stay.</exception>
    public async Task<LabelReport> RunAsync(CancellationToken cancellation)
    {
        using var alone = RowFiles.Lock(request.Into);
        var stage = LabelFiles.StageOf(request.Into);
        Clear(stage);
        var origin = new LabelOrigin(OutcomeDefinition.Fingerprint(request.Outcomes), request.Journal);
        var spans = LabelSpan.Cut(request.From, request.To, request.Slice);
        var through = await ThroughAsync(cancellation);
        Directory.CreateDirectory(stage);
        try
        {
            using var store = DuckDbSession.In(stage, request.Store);
            LabelFiles.FindDone(request.Into, spans, origin, store);
            var reopened = await ReopenAsync(spans, cancellation);
            return await BuildAsync(store, origin, spans, through, reopened, cancellation);
        }
        catch (DuckDBException refused)
        {
            throw new IOException($"labels cannot be joined in {stage}: {refused.Message}", refused); // A full disk, or less memory than one join needs.
        }
        finally
        {
            Clear(stage);
        }
    }

    private async Task<LabelReport> BuildAsync(DuckDbSession store, LabelOrigin origin, ImmutableArray<LabelSpan> spans, UnixMicros through, int reopened, CancellationToken cancellation)
    {
        var since = await SinceAsync(through, cancellation);
        LabelSpan[] left = [.. spans.Where(span => span.Through is null && span.From >= since)];
        var retired = spans.Count(span => span.Through is null && span.From < since);
        using var stage = new LabelStage(store, request.Outcomes, persons);
        if (left.Length > 0)
        {
            await StageAsync(stage, left, cancellation);
        }

        stage.Dispose(); // What appenders hold becomes readable.
        var join = new LabelJoin(store, request.Outcomes);
        join.Run();
        foreach (var span in left)
        {
            cancellation.ThrowIfCancellationRequested();
            LabelFiles.Write(request.Into, span, through, span.IsFinal(through, request.Outcomes), origin, join);
        }

        var tally = new LabelTally(store, left);
        var (decisions, rows, delivered) = tally.All();
        return new LabelReport
        {
            From = request.From.ToString(),
            To = request.To.ToString(),
            Through = through.ToString(),
            Outcomes = origin.Outcomes,
            Slices = spans.Length,
            Kept = spans.Length - left.Length - retired,
            Retired = retired,
            Reopened = reopened,
            Open = left.Count(span => !span.IsFinal(through, request.Outcomes)),
            Decisions = decisions,
            Rows = rows,
            Delivered = delivered,
            Erased = stage.Erased,
            Skipped = _skipped,
            ByOutcome = tally.ByOutcome(request.Outcomes, stage.Counts, through.Value),
        };
    }

    /// <summary>When the last record was received; what is appended from now on this build does not read.</summary>
    private async Task<UnixMicros> ThroughAsync(CancellationToken cancellation)
    {
        var through = new UnixMicros(0);
        foreach (var stream in (JournalStream[])[JournalStream.Decisions, JournalStream.Events, JournalStream.Deliveries])
        {
            for (var partition = 0; partition < journal.Partitions(stream); partition++)
            {
                var range = journal.Range(stream, partition);
                _ends[(stream, partition)] = range.End;
                if (range.End > range.First && await Reader.ReadAsync(stream, partition, range.End - 1, cancellation) is [var last, ..] && last.Fact.Received > through)
                {
                    through = last.Fact.Received;
                }
            }
        }

        return through;
    }

    /// <summary>Before it decisions or events may have left the journal; 0 when nothing has.</summary>
    private async Task<UnixMicros> SinceAsync(UnixMicros through, CancellationToken cancellation)
    {
        var since = new UnixMicros(0);
        foreach (var stream in (JournalStream[])[JournalStream.Decisions, JournalStream.Events])
        {
            for (var partition = 0; partition < journal.Partitions(stream); partition++)
            {
                if (journal.Range(stream, partition).First is > 0 and var first)
                {
                    var oldest = await Reader.ReadAsync(stream, partition, first, cancellation) is [var kept, ..] ? kept.Fact.Received : through;
                    since = oldest > since ? oldest : since;
                }
            }
        }

        return since;
    }

    /// <summary>Has slices made anew of which an outcome came since they were complete.</summary>
    private async Task<int> ReopenAsync(ImmutableArray<LabelSpan> spans, CancellationToken cancellation)
    {
        LabelSpan[] done = [.. spans.Where(span => span.Through is not null)];
        if (done.Length == 0)
        {
            return 0;
        }

        var outcomes = request.Outcomes.ToLookup(outcome => outcome.Event, StringComparer.Ordinal);
        await foreach (var observed in FactsAsync<Observed>(JournalStream.Events, done.Min(span => span.Through!.Value), UnixMicros.LastWritable, cancellation))
        {
            if (observed.Counts && !observed.Erased)
            {
                foreach (var span in done.Where(span => observed.Received > span.Through && outcomes[observed.Event].Any(outcome => span.MayHave(observed.Time, outcome))))
                {
                    span.Through = null;
                }
            }
        }

        return done.Count(span => span.Through is null);
    }

    private async Task StageAsync(LabelStage stage, LabelSpan[] left, CancellationToken cancellation)
    {
        // Which decision an event is of that names none, decisions before and after the slices say too.
        var touch = request.Outcomes.Where(outcome => outcome.Touch != OutcomeTouch.None).Select(outcome => outcome.Window).DefaultIfEmpty().Max();
        var all = new LabelSpan(left[0].From, left[^1].To);
        var (from, to) = (all.From - touch, all.To + touch);
        await foreach (var decided in FactsAsync<Decided>(JournalStream.Decisions, from - LabelSpan.Around, to + LabelSpan.Around, cancellation))
        {
            if (WalkOptions.TimeOf(decided) is var time && time >= from && time < to)
            {
                stage.Add(decided, time);
            }
        }

        await foreach (var observed in FactsAsync<Observed>(JournalStream.Events, all.From - LabelSpan.Around, UnixMicros.LastWritable, cancellation))
        {
            stage.Add(observed, outcome => all.MayHave(observed.Time, outcome));
        }

        await foreach (var delivered in FactsAsync<Delivered>(JournalStream.Deliveries, all.From - LabelSpan.Around, all.To + LabelJoin.DeliveryWindow + LabelSpan.Around, cancellation))
        {
            stage.Add(delivered);
        }
    }

    /// <summary>A stream's facts that were received in a time, partition by partition, each in order.</summary>
    private async IAsyncEnumerable<T> FactsAsync<T>(JournalStream stream, UnixMicros from, UnixMicros to, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
        where T : Fact
    {
        for (var partition = 0; partition < journal.Partitions(stream); partition++)
        {
            var (next, end) = (await journal.SeekAsync(stream, partition, from, cancellation), _ends[(stream, partition)]);
            while (next < end && await Reader.ReadAsync(stream, partition, next, cancellation) is { Count: > 0 } batch)
            {
                cancellation.ThrowIfCancellationRequested();
                Volatile.Write(ref _read, _read + batch.Count);
                foreach (var stored in batch)
                {
                    if (stored.Position.Offset < end && stored.Fact is T fact && fact.Tenant == request.Tenant && fact.Received < to)
                    {
                        yield return fact;
                    }
                }

                next = batch[^1].Fact.Received >= to ? end : batch[^1].Position.Offset + 1;
            }
        }
    }

    private static void Clear(string stage)
    {
        if (Directory.Exists(stage))
        {
            Directory.Delete(stage, recursive: true);
        }
    }
}
