using System.Collections.Immutable;
using System.Runtime;
using Millrace.FeatureBuild;
using Millrace.Features.Definitions;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Local;

namespace Millrace.Bench.FeaturesAsOf;

/// <summary>The rows by the engine: as <c>millrace features build</c> makes them, from a journal on disk with an epoch of its own for each decision, which is the worst case.</summary>
/// <param name="name">What the report calls it.</param>
/// <param name="features">The definitions; their order is that of the columns.</param>
internal sealed class EngineSide(string name, ImmutableArray<FeatureDefinition> features) : IAsOfSide
{
    private const int Batch = 1024;
    private static readonly TimeSpan Slice = TimeSpan.FromDays(1);

    private readonly FeatureSet _set = FeatureSet.Create(features);
    private readonly FeatureOptions _folding = new();
    private string _journal = "";
    private string _rows = "";

    public string Name => name;

    public async Task LoadAsync(SyntheticLog log, string directory)
    {
        _journal = JournalOf(directory);
        _rows = Path.Combine(directory, "rows");
        if (Directory.Exists(_rows))
        {
            Directory.Delete(_rows, recursive: true);
        }

        if (Directory.Exists(_journal))
        {
            return;
        }

        using var keys = new FileSubjectKeys(Path.Combine(directory, "keys"));
        await using var journal = await LocalJournal.OpenAsync(new JournalOptions { Directory = _journal, Retention = ImmutableDictionary<JournalStream, Retention>.Empty }, TimeProvider.System, keys);
        await WriteAsync(journal, log, _folding.Fingerprint(_set));
    }

    public async Task<string> BuildAsync()
    {
        GCSettings.LatencyMode = GCLatencyMode.Batch; // As the command does.
        using var keys = FileSubjectKeys.OpenReadOnly(Path.Combine(Path.GetDirectoryName(_journal)!, "keys"));
        using var files = JournalInspection.Open(_journal, keys).OpenFoldReader();
        using var ahead = new ReadAheadReader(files);
        var request = new BuildRequest
        {
            From = SyntheticLog.Start,
            To = SyntheticLog.Start + SyntheticLog.Length,
            Into = _rows,
            Features = [.. features.Select(feature => feature.Name)],
            Slice = Slice,
            PersonsAhead = Environment.ProcessorCount > 1, // Likewise.
            AnyDefinitions = true, // One journal serves several sets.
        };
        var outcome = await new BuildRun(ahead, _set, _folding, request).RunAsync(default);
        return outcome is { Missing: 0, Whole: true }
            ? Path.Combine(_rows, "*.parquet")
            : throw new InvalidOperationException($"expected all rows; {outcome.Missing} decisions have none");
    }

    /// <summary>Writes the log into a journal as a node would have: events and decisions, and before each decision the epoch that it read, of all events before it.</summary>
    internal static async Task WriteAsync(IJournal journal, SyntheticLog log, string definitions)
    {
        using var decisions = log.DecisionFacts().GetEnumerator();
        var (more, epoch) = (decisions.MoveNext(), 0L);
        var next = new long[journal.Partitions(JournalStream.Events)];
        var due = new List<Fact>();
        foreach (var batch in log.EventFacts().Chunk(Batch))
        {
            var positions = await journal.AppendAsync(batch, default);
            for (var i = 0; i < batch.Length; i++)
            {
                for (; more && decisions.Current.Asked < batch[i].Time; more = decisions.MoveNext())
                {
                    due.AddRange(Taken(decisions.Current, ++epoch, next, definitions));
                }

                next[positions[i].Partition] = positions[i].Offset + 1;
            }

            if (due.Count >= Batch)
            {
                await journal.AppendAsync(due, default);
                due.Clear();
            }
        }

        for (; more; more = decisions.MoveNext())
        {
            due.AddRange(Taken(decisions.Current, ++epoch, next, definitions));
        }

        await journal.AppendAsync(due, default);
    }

    private static string JournalOf(string directory) => Path.Combine(directory, "journal");

    private static IEnumerable<Fact> Taken(Decided decided, long epoch, long[] next, string definitions)
    {
        yield return new EpochFrozen
        {
            Id = $"epoch:{epoch}",
            Time = decided.Time,
            Received = decided.Time,
            Epoch = epoch,
            Until = decided.Time,
            Definitions = definitions,
            Cut = [.. next.Select((offset, partition) => new Position(JournalStream.Events, partition, offset))],
        };
        yield return decided with { Epoch = epoch, UserAhead = [.. next.Select(_ => 0L)] };
    }
}
