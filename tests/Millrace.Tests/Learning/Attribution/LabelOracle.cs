using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Learning.Attribution;

namespace Millrace.Tests.Learning.Attribution;

/// <summary>What labels should be, by looking at every event for every row.</summary>
internal sealed class LabelOracle(IReadOnlyList<Fact> facts, IReadOnlyList<OutcomeDefinition> outcomes)
{
    private readonly UnixMicros _through = facts.Max(fact => fact.Received);
    private readonly List<Placed> _placed =
    [
        .. facts.OfType<Decided>().DistinctBy(decided => decided.Id).Where(decided => !decided.Erased)
            .SelectMany(decided => decided.Slots.SelectMany((slot, s) => slot.Items.Select((item, i) => new Placed(decided, slot.Slot, s, i + 1, item.Item)))),
    ];

    private readonly List<Observed> _events = [.. facts.OfType<Observed>().DistinctBy(observed => observed.Id).Where(observed => observed.Counts && !observed.Erased)];
    private readonly List<Delivered> _deliveries = [.. facts.OfType<Delivered>().DistinctBy(delivered => delivered.Id)];

    public IEnumerable<LabelRow> Rows(UnixMicros from, UnixMicros to) =>
        from placed in _placed
        where placed.Decided.Asked >= @from && placed.Decided.Asked < to
        let delivered = _deliveries.Where(delivered => IsOf(delivered, placed)).OrderBy(delivered => delivered.Time.Value).FirstOrDefault()
        select new LabelRow(placed.Decided.Id, placed.Item, placed.Slot, placed.Rank, null, delivered?.Outcome, delivered?.TimeToFirstByte.TotalMilliseconds, string.Join(" ", outcomes.Select(outcome => Label(placed, outcome))));

    private string Label(Placed placed, OutcomeDefinition outcome)
    {
        var asked = placed.Decided.Asked;
        Observed[] mine = [.. _events.Where(observed => observed.Event == outcome.Event && (outcome.Unit is null || observed.Unit == outcome.Unit) && observed.Time <= asked + outcome.Window && Whose(observed, outcome).Contains(placed))
            .OrderBy(observed => observed.Time.Value).ThenBy(observed => observed.Received.Value)];
        var values = mine.Select(observed => observed.ValueMicros.GetValueOrDefault()).ToArray();
        var closed = asked + outcome.Window <= _through;
        double? value = mine.Length == 0 ? closed ? outcome.Default : null : outcome.Value switch
        {
            OutcomeValue.Any => 1,
            OutcomeValue.First => values[0] / 1e6,
            OutcomeValue.Sum => values.Sum() / 1e6,
            _ => values.Max() / 1e6,
        };
        return LabelRow.Say(outcome.Name, value, closed, mine.Any(observed => observed.Received > asked + outcome.Window));
    }

    private List<Placed> Whose(Observed observed, OutcomeDefinition outcome)
    {
        if (observed.Decision is { } decision)
        {
            return [.. _placed.Where(placed => placed.Decided.Id == decision && placed.Item == observed.Item)
                .OrderByDescending(placed => observed.Slot == placed.Slot).ThenByDescending(placed => observed.Rank == placed.Rank).ThenBy(placed => placed.SlotAt).ThenBy(placed => placed.Rank).Take(1)];
        }

        Placed[] near = [.. _placed.Where(placed => placed.Item == observed.Item && placed.Decided.Asked <= observed.Time && observed.Time <= placed.Decided.Asked + outcome.Window
            && ((observed.User is not null && observed.User == placed.Decided.User) || (observed.Session is not null && observed.Session == placed.Decided.Session)))];
        return outcome.Touch switch
        {
            OutcomeTouch.None => [],
            OutcomeTouch.Last => [.. near.OrderBy(placed => placed.Decided.Asked.Value).ThenBy(placed => placed.SlotAt).ThenBy(placed => placed.Rank).TakeLast(1)],
            OutcomeTouch.First => [.. near.OrderBy(placed => placed.Decided.Asked.Value).ThenBy(placed => placed.SlotAt).ThenBy(placed => placed.Rank).Take(1)],
            _ => [.. near.GroupBy(placed => placed.Decided.Id).Select(decision => decision.OrderBy(placed => placed.SlotAt).ThenBy(placed => placed.Rank).First())],
        };
    }

    private bool IsOf(Delivered delivered, Placed placed) =>
        delivered.Decision == placed.Decided.Id && delivered.Item == placed.Item && delivered.Time <= placed.Decided.Asked + TimeSpan.FromHours(1)
        && (delivered.Rank is null || delivered.Rank == placed.Rank || _placed.Count(other => other.Decided == placed.Decided && other.Item == placed.Item) == 1);

    private sealed record Placed(Decided Decided, string Slot, int SlotAt, int Rank, string Item);
}
