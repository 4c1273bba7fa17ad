using System.Collections.Immutable;
using System.Globalization;
using Microsoft.Extensions.Time.Testing;
using Millrace.Decisions;
using Millrace.Decisions.Pipeline;
using Millrace.Features.Definitions;
using Millrace.Features.Local;
using Millrace.Features.Numerics;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Local;
using Millrace.Models.Policies;
using Millrace.Models.Shelf;
using Millrace.Pareto;
using Millrace.Tests.Decisions;

namespace Millrace.Tests.Pareto;

/// <summary>
/// Seven items on three places, whose two heads are at odds, and people who click from the top down: less far down, less under something better, each with an appetite of
/// their own. What any policy earns is known, by letting the real decider decide with it.
/// </summary>
internal sealed class ParetoWorld
{
    internal const int Places = 3;

    internal static readonly Policy Logging = new()
    {
        Name = "home",
        Version = 1,
        Candidates = [new CandidateSource(CandidateSourceKind.Recent, 10)],
        Heads = ImmutableSortedDictionary.Create<string, Head>(StringComparer.Ordinal).Add("click", new FeatureHead("f0")).Add("dwell", new FeatureHead("f1")),
        Objectives = Weights(1, 0.01),
        Explore = new Exploration(0.5, 7),
    };

    private static readonly FeatureSet Features = FeatureSet.Create([new CountFeature("f0", "f0", TimeSpan.FromHours(1)), new CountFeature("f1", "f1", TimeSpan.FromHours(1))]);
    private static readonly double[] Appeal = [0.5, 0.42, 0.35, 0.25, 0.2, 0.12, 0.08];
    private static readonly double[] Stay = [4, 6, 12, 20, 25, 45, 60];

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly ulong _seed;

    internal ParetoWorld(ulong seed)
    {
        _seed = seed;
        Journal = new MemoryJournal(_clock);
    }

    internal IJournal Journal { get; init; }

    /// <summary>The policy that decides.</summary>
    internal Policy Policy { get; init; } = Logging;

    internal static ImmutableSortedDictionary<string, double> Weights(double click, double dwell) =>
        ImmutableSortedDictionary.Create<string, double>(StringComparer.Ordinal).Add("click", click).Add("dwell", dwell);

    internal static ParetoRequest Request(params double[][] weightings) => new()
    {
        Surface = "home",
        Policy = Logging,
        Objectives = [new Objective("click", "click", false, false), new Objective("dwell", "dwell", true, false)],
        Weightings = weightings,
        Replicates = 100,
    };

    /// <param name="request">What is judged.</param>
    /// <param name="read">What becomes of decisions as they are read back; null for nothing.</param>
    internal Task<ParetoReport> JudgeAsync(ParetoRequest request, Func<Decided, Decided>? read = null) =>
        new ParetoRun(read is null ? Journal : new Altered(Journal, read), MemoryModelShelf.Empty, request, (_, fault) => Assert.Fail(fault.Message)).RunAsync(TestContext.Current.CancellationToken);

    /// <summary>Decides so often with the policy, and journals what comes of it.</summary>
    /// <param name="decisions">How many; four to a person.</param>
    /// <param name="change">What happens to a record on its way into the journal.</param>
    internal async Task<ParetoWorld> LogAsync(int decisions, Func<int, Decided, Decided>? change = null)
    {
        await Journal.AppendAsync(new PolicyChanged { Id = "policy", Policy = "home", Version = 1, Definition = PolicyJson.Write(Policy), Time = UnixMicros.Now(_clock) });
        var decider = Decider(Policy);
        for (var i = 0; i < decisions; i++)
        {
            var decided = Decide(decider, i);
            await Journal.AppendAsync(change?.Invoke(i, decided) ?? decided);
            foreach (var observed in Outcomes(decided, i))
            {
                await Journal.AppendAsync(observed);
            }
        }

        return this;
    }

    /// <summary>What a policy earns per decision in truth: clicks and seconds, each with its standard error.</summary>
    internal (double Mean, double Error)[] Truth(Policy policy, int decisions)
    {
        var decider = Decider(policy);
        var (sums, squares) = (new double[2], new double[2]);
        for (var i = 0; i < decisions; i++)
        {
            var (clicks, seconds) = Expected(Decide(decider, i));
            (sums[0], squares[0]) = (sums[0] + clicks, squares[0] + (clicks * clicks));
            (sums[1], squares[1]) = (sums[1] + seconds, squares[1] + (seconds * seconds));
        }

        return [.. sums.Zip(squares, (sum, square) => (sum / decisions, Math.Sqrt(((square / decisions) - Math.Pow(sum / decisions, 2)) / decisions)))];
    }

    private static int Index(DecidedItem item) => int.Parse(item.Item.AsSpan(1), CultureInfo.InvariantCulture);

    /// <summary>The probability of a click at a place, for a person of appetite 1.</summary>
    private static double Click(ImmutableArray<DecidedItem> items, int place) =>
        Appeal[Index(items[place])] * Math.Pow(0.8, place) * (place > 0 && Index(items[place - 1]) < Index(items[place]) ? 0.6 : 1);

    /// <summary>Appetites are 1 on average.</summary>
    private static (double Clicks, double Seconds) Expected(Decided decided)
    {
        var (clicks, seconds) = (0.0, 0.0);
        for (var place = 0; place < decided.Slots[0].Items.Length; place++)
        {
            var click = Click(decided.Slots[0].Items, place);
            (clicks, seconds) = (clicks + click, seconds + (click * Stay[Index(decided.Slots[0].Items[place])]));
        }

        return (clicks, seconds);
    }

    private IEnumerable<Observed> Outcomes(Decided decided, int i)
    {
        var appetite = 0.5 + Philox.ToUnit(Philox.Draw(_seed, 1, (ulong)(i / 4)).First);
        for (var place = 0; place < decided.Slots[0].Items.Length; place++)
        {
            if (Philox.ToUnit(Philox.Draw(_seed, 2, (ulong)((i * Places) + place)).First) >= appetite * Click(decided.Slots[0].Items, place))
            {
                continue;
            }

            var observed = new Observed { Id = $"c{i}-{place}", Event = "click", Item = decided.Slots[0].Items[place].Item, Decision = decided.Id, Session = decided.Session, Time = decided.Time + TimeSpan.FromSeconds(20) };
            yield return observed;
            yield return observed with { Id = $"d{i}-{place}", Event = "dwell", ValueMicros = (long)(Stay[Index(decided.Slots[0].Items[place])] * 1e6), Unit = "s" };

            // What comes too late, what nobody vouches for and what names an item that was not shown counts nothing.
            yield return observed with { Id = $"l{i}-{place}", Time = decided.Time + TimeSpan.FromHours(1) };
            yield return observed with { Id = $"u{i}-{place}", Unvouched = true };
            yield return observed with { Id = $"o{i}-{place}", Item = "other" };
        }
    }

    private Decider Decider(Policy policy)
    {
        var folder = new FeatureFolder(Features, new FeatureOptions());
        folder.Freeze(UnixMicros.Now(_clock));
        return new Decider(
            new DeciderOptions { RememberedBytes = 0, Timeout = Timeout.InfiniteTimeSpan },
            _clock,
            new ServingTable(new Serving(PolicySet.Create([policy], [new Surface("home", "home", [new Slot("main", Places)])], Features), () => folder.Current, new EmbeddedPersonStore(Features.Persons, 1))));
    }

    private Decided Decide(Decider decider, int i) => decider.Decide(new DecideRequest
    {
        DecisionId = string.Create(CultureInfo.InvariantCulture, $"{_seed}-{i}"),
        Surface = "home",
        Session = string.Create(CultureInfo.InvariantCulture, $"s{i / 4}"),
        Candidates = [.. Appeal.Select((appeal, item) => DecisionHarness.Candidate($"i{item}", ("f0", (float)appeal), ("f1", (float)Stay[item])))],
    });

    private sealed class Altered(IJournalReader journal, Func<Decided, Decided> read) : IJournalReader
    {
        public int Partitions(JournalStream stream) => journal.Partitions(stream);

        public PartitionRange Range(JournalStream stream, int partition) => journal.Range(stream, partition);

        public async ValueTask<IReadOnlyList<StoredFact>> ReadAsync(JournalStream stream, int partition, long from, int maxFacts, CancellationToken cancellation = default) =>
            [.. (await journal.ReadAsync(stream, partition, from, maxFacts, cancellation)).Select(stored => stored.Fact is Decided decided ? new StoredFact(stored.Position, read(decided)) : stored)];

        public ValueTask<long> SeekAsync(JournalStream stream, int partition, UnixMicros time, CancellationToken cancellation = default) => journal.SeekAsync(stream, partition, time, cancellation);
    }
}
