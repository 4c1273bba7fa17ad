using Millrace.Decisions;
using Millrace.Features.Numerics;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.WorldRuns;

/// <summary>The control that learns nothing: each slate evenly drawn from what is alive and not clicked in its session.</summary>
/// <param name="count">Items of a slate.</param>
/// <param name="seed">Of its draws.</param>
internal sealed class UniformRecommender(int count, ulong seed) : IRecommender
{
    private readonly List<ItemChanged> _live = [];
    private readonly Dictionary<string, HashSet<string>> _clicked = new(StringComparer.Ordinal);
    private ulong _draws;

    public void Publish(ItemChanged item) => _live.Add(item);

    public void Observe(Observed happened)
    {
        if (happened is { Event: "click", Session: { } session })
        {
            (_clicked.TryGetValue(session, out var items) ? items : _clicked[session] = new(StringComparer.Ordinal)).Add(happened.Item);
        }
    }

    public IReadOnlyList<string> Decide(DecideRequest request)
    {
        Forget(request.Time);
        var clicked = _clicked.GetValueOrDefault(request.Session!);
        var slate = new List<string>(count);
        for (var place = 0; place < _live.Count && slate.Count < count; place++)
        {
            // The head of a Fisher-Yates shuffle; the order that it leaves does not matter to the next.
            var other = place + Philox.ToIndex(Philox.Draw(seed, 0, _draws++).First, _live.Count - place);
            (_live[place], _live[other]) = (_live[other], _live[place]);
            if (clicked?.Contains(_live[place].Item) != true)
            {
                slate.Add(_live[place].Item);
            }
        }

        return slate;
    }

    private void Forget(UnixMicros now) => _live.RemoveAll(item => item.Expires <= now);
}
