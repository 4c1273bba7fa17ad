using System.Runtime.InteropServices;
using Millrace.Features.PointInTime;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Pareto;

/// <summary>
/// What came of decisions: events that name a decision and one of its items, within a window of it. Of events that nobody vouches for, or whose person did not consent to
/// learning, nothing is used. An event may come before its decision's time, by a clock that is behind; it named it, so it came after it.
/// </summary>
/// <param name="objectives">Which events count, and how.</param>
/// <param name="window">Later events are not the decision's.</param>
/// <param name="most">No more are kept of an objective; the usual is about 2 GB of them.</param>
internal sealed class OutcomeJoin(IReadOnlyList<Objective> objectives, TimeSpan window, int most = 20_000_000)
{
    private const double Micro = 1e-6;

    private readonly Dictionary<(string Tenant, string Decision), List<Outcome>> _outcomes = [];
    private readonly ILookup<string, int> _byEvent = Enumerable.Range(0, objectives.Count).ToLookup(objective => objectives[objective].Event, StringComparer.Ordinal);

    /// <summary>Events kept, of each objective.</summary>
    public long[] Kept { get; } = new long[objectives.Count];

    /// <summary>Reads the journal's events.</summary>
    /// <exception cref="InvalidDataException">There are more than fit.</exception>
    public async Task ReadAsync(SkippingReader reader, int partitions, Func<int, long> first, CancellationToken cancellation)
    {
        for (var partition = 0; partition < partitions; partition++)
        {
            var next = first(partition);
            while (await reader.ReadAsync(JournalStream.Events, partition, next, cancellation) is { Count: > 0 } facts)
            {
                foreach (var observed in facts.Select(stored => stored.Fact).OfType<Observed>())
                {
                    Keep(observed);
                }

                next = facts[^1].Position.Offset + 1;
            }
        }
    }

    /// <summary>Writes down what came of a decision's items.</summary>
    /// <param name="decided">The decision.</param>
    /// <param name="items">By place, over all slots; null for an empty one.</param>
    /// <param name="rewards">Row-major, objectives × places.</param>
    public void Rewards(Decided decided, ReadOnlySpan<string?> items, Span<double> rewards)
    {
        rewards.Clear();
        if (!_outcomes.TryGetValue((decided.Tenant, decided.Id), out var outcomes))
        {
            return;
        }

        foreach (var outcome in outcomes)
        {
            var place = items.IndexOf(outcome.Item);
            if (place >= 0 && outcome.Time - decided.Time <= window)
            {
                rewards[(outcome.Objective * items.Length) + place] += outcome.Value;
            }
        }
    }

    /// <summary>Takes an event, when it is the outcome of a decision.</summary>
    internal void Keep(Observed observed)
    {
        if (observed.Decision is not { } decision || !observed.Counts)
        {
            return;
        }

        foreach (var objective in _byEvent[observed.Event])
        {
            var value = objectives[objective].Sums ? observed.ValueMicros.GetValueOrDefault() * Micro : 1;
            ref var outcomes = ref CollectionsMarshal.GetValueRefOrAddDefault(_outcomes, (observed.Tenant, decision), out _);
            (outcomes ??= new List<Outcome>(1)).Add(new Outcome(observed.Item, objective, observed.Time, value));
            if (++Kept[objective] >= most)
            {
                throw new InvalidDataException($"more than {most:N0} events of one name: judge a shorter time, with --from and --to.");
            }
        }
    }

    private readonly record struct Outcome(string Item, int Objective, UnixMicros Time, double Value);
}
