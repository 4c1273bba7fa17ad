namespace Millrace.World.Clicks;

/// <summary>
/// From the top down; a click may satisfy, which ends the view, and whoever is not satisfied goes on with a fixed probability
/// (DBN: Chapelle and Zhang 2009). Satisfaction belongs to the item, so the most attractive slate is not always the best.
/// </summary>
/// <param name="persistence">The probability of going on when not satisfied, 0..1.</param>
public sealed class DynamicBayesianModel(double persistence = 0.9) : IClickModel
{
    /// <inheritdoc/>
    public string Name => "dbn";

    /// <inheritdoc/>
    public void Probabilities(ReadOnlySpan<Appeal> slate, Span<double> clicks)
    {
        var looking = 1.0;
        for (var k = 0; k < slate.Length; k++)
        {
            clicks[k] = looking * slate[k].Attraction;
            looking *= GoesOn(slate[k]);
        }
    }

    /// <inheritdoc/>
    public void Sample(ReadOnlySpan<Appeal> slate, ReadOnlySpan<double> draws, Span<bool> clicked)
    {
        clicked.Clear();
        for (var k = 0; k < slate.Length; k++)
        {
            clicked[k] = draws[2 * k] < slate[k].Attraction;
            var stays = clicked[k] ? persistence * (1 - slate[k].Satisfaction) : persistence;
            if (draws[2 * k + 1] >= stays)
            {
                return;
            }
        }
    }

    /// <summary>
    /// Exact. Of two neighbours with attractions a, b and satisfactions s, t the first belongs above iff
    /// (1 − p) / a + p s ≤ (1 − p) / b + p t, whatever follows: that key orders any chosen set. Which set: taking or skipping each item in
    /// that order from the last on, since the value of a slate is linear and increasing in the value of what follows its head.
    /// </summary>
    /// <inheritdoc/>
    public int[] Best(ReadOnlySpan<Appeal> items, int count)
    {
        var order = Order(items);
        count = Math.Min(count, order.Length);
        var value = new double[count + 1];
        var takes = new bool[order.Length, count + 1];
        for (var i = order.Length - 1; i >= 0; i--)
        {
            var item = items[order[i]];
            for (var room = count; room >= 1; room--)
            {
                var taken = item.Attraction + GoesOn(item) * value[room - 1];
                takes[i, room] = taken > value[room];
                value[room] = Math.Max(value[room], taken);
            }
        }

        var slate = new List<int>(count);
        for (var i = 0; i < order.Length && slate.Count < count; i++)
        {
            if (takes[i, count - slate.Count])
            {
                slate.Add(order[i]);
            }
        }

        return [.. slate];
    }

    private double GoesOn(Appeal item) => persistence * (1 - item.Attraction * item.Satisfaction);

    private int[] Order(ReadOnlySpan<Appeal> items)
    {
        var order = new int[items.Length];
        var keys = new double[items.Length];
        for (var i = 0; i < items.Length; i++)
        {
            order[i] = i;
            keys[i] = (1 - persistence) / items[i].Attraction + persistence * items[i].Satisfaction;
        }

        Array.Sort(order, (left, right) => keys[left] != keys[right] ? keys[left].CompareTo(keys[right]) : left.CompareTo(right));
        return order;
    }
}
