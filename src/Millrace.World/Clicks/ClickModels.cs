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
        // Slates are short and catalogues long: each item is held against the last of the best so far, and seldom against more.
        var best = new int[Math.Min(count, items.Length)];
        for (var (i, filled) = (0, 0); i < items.Length && best.Length > 0; i++)
        {
            var at = filled;
            while (at > 0 && items[i].Attraction > items[best[at - 1]].Attraction)
            {
                at--;
            }

            if (at == best.Length)
            {
                continue;
            }

            filled = Math.Min(filled + 1, best.Length);
            best.AsSpan(at, filled - at - 1).CopyTo(best.AsSpan(at + 1));
            best[at] = i;
        }

        return best;
    }
}
