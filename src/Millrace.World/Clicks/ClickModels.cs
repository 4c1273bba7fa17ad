namespace Millrace.World.Clicks;

/// <summary>The click models by name, and what they share.</summary>
public static class ClickModels
{
    /// <summary>All models with their usual parameters.</summary>
    public static IReadOnlyList<IClickModel> All { get; } =
        [new PositionBasedModel(), new CascadeModel(), new DependentClickModel(), new DynamicBayesianModel()];

    /// <summary>The model of that name.</summary>
    /// <exception cref="ArgumentException">There is none; the message lists those that exist.</exception>
    public static IClickModel Named(string name) =>
        All.FirstOrDefault(model => model.Name == name)
        ?? throw new ArgumentException($"Unknown click model '{name}': expected one of {string.Join(", ", All.Select(model => model.Name))}.", nameof(name));

    /// <summary>The expected number of clicks on a slate: the sum of its positions' probabilities, in their order.</summary>
    public static double ExpectedClicks(this IClickModel model, ReadOnlySpan<Appeal> slate)
    {
        ArgumentNullException.ThrowIfNull(model);
        Span<double> clicks = slate.Length <= 128 ? stackalloc double[slate.Length] : new double[slate.Length];
        model.Probabilities(slate, clicks);
        var sum = 0.0;
        foreach (var click in clicks)
        {
            sum += click;
        }

        return sum;
    }

    /// <summary>Indexes of the most attractive items, best first; ties by index.</summary>
    internal static int[] MostAttractive(ReadOnlySpan<Appeal> items, int count)
    {
        var order = new int[items.Length];
        var keys = new double[items.Length];
        for (var i = 0; i < items.Length; i++)
        {
            order[i] = i;
            keys[i] = -items[i].Attraction;
        }

        Array.Sort(order, (left, right) => keys[left] != keys[right] ? keys[left].CompareTo(keys[right]) : left.CompareTo(right));
        return order[..Math.Min(count, order.Length)];
    }
}
