using System.Collections.Concurrent;
using System.Globalization;
using Millrace.World.Randomness;

namespace Millrace.World.Items;

/// <summary>
/// When which item is born and dies. Births are evenly spaced with a seeded jitter inside each interval, so that the items alive at a time are
/// a contiguous range of numbers and every item is a function of its number alone.
/// </summary>
public sealed class ItemSchedule
{
    private const string IdPrefix = "item-";

    /// <summary>Far more than any run publishes, and far below where times of birth would overflow.</summary>
    private const int MaxIndex = 100_000_000;

    private readonly WorldOptions _options;
    private readonly TimeSpan _interval;
    private readonly ConcurrentDictionary<int, WorldItem> _made = new();

    internal ItemSchedule(WorldOptions options)
    {
        _options = options;
        _interval = options.Items.Lifetime / options.Items.Live;
    }

    /// <summary>The item with this number; numbers start at 0, for the oldest item that is alive when the world starts.</summary>
    public WorldItem this[int index] => _made.GetOrAdd(index, Make);

    /// <summary>The item of that id; null when the id is none of this world's.</summary>
    public WorldItem? Find(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        return id.StartsWith(IdPrefix, StringComparison.Ordinal)
            && int.TryParse(id.AsSpan(IdPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < MaxIndex
            ? this[index]
            : null;
    }

    /// <summary>The items alive at a time, in order of birth.</summary>
    public IReadOnlyList<WorldItem> LiveAt(TimeSpan time)
    {
        var (first, end) = Around(time);
        var live = new List<WorldItem>(end - first);
        for (var i = first; i < end; i++)
        {
            var item = this[i];
            if (item.Born <= time && time < item.Dies)
            {
                live.Add(item);
            }
        }

        return live;
    }

    /// <summary>The items born after <paramref name="after"/> and not after <paramref name="until"/>, in order of birth.</summary>
    public IEnumerable<WorldItem> BornWithin(TimeSpan after, TimeSpan until)
    {
        var end = Around(until).End;
        for (var i = Math.Max(0, Around(after).End - 2); i < end; i++)
        {
            if (this[i] is var item && item.Born > after && item.Born <= until)
            {
                yield return item;
            }
        }
    }

    /// <summary>Whether the item of this number is one of those that were planted to be the best.</summary>
    public bool IsPlanted(int index) =>
        _options.Items.PlantedEvery is > 0 and var every && index > _options.Items.Live && index % every == 0;

    /// <summary>How good an item is at a time: its quality, or where that has moved to.</summary>
    public double QualityAt(WorldItem item, TimeSpan time)
    {
        ArgumentNullException.ThrowIfNull(item);
        if (_options.Drift is null || IsPlanted(item.Index))
        {
            return item.Quality;
        }

        var (from, towards) = Drifting.At(_options.Drift, time);
        return (1 - towards) * Drawn(item, from) + towards * Drawn(item, from + 1);
    }

    /// <summary>Forgets what died before a time, so that a long run keeps only the living; a forgotten item is made again when asked for.</summary>
    public void Forget(TimeSpan diedBefore)
    {
        foreach (var (index, item) in _made)
        {
            if (item.Dies < diedBefore)
            {
                _made.TryRemove(index, out _);
            }
        }
    }

    private (int First, int End) Around(TimeSpan time)
    {
        var newest = (int)Math.Floor(time / _interval) + _options.Items.Live;
        return (Math.Max(0, newest - _options.Items.Live - 1), Math.Max(0, newest + 1));
    }

    private double Drawn(WorldItem item, long draw) =>
        draw == 0 ? item.Quality : Quality(WorldRandom.For(_options.Seed, RandomStream.Quality, item.Index, draw).NextUnit());

    private static double Quality(double luck) => 0.05 + 0.95 * luck * luck * luck;

    private WorldItem Make(int index)
    {
        var random = WorldRandom.For(_options.Seed, RandomStream.Item, index);
        var born = (index - _options.Items.Live + random.NextUnit()) * _interval;
        var topic = random.NextBelow(_options.Topics);
        var second = random.NextBelow(_options.Topics);
        var country = random.NextBelow(_options.Countries);
        var provider = random.NextBelow(_options.Items.Providers);
        var luck = random.NextUnit();
        return new WorldItem(
            index, IdPrefix + index.ToString("D6", CultureInfo.InvariantCulture), topic, second, country, provider,
            Quality: IsPlanted(index) ? 1 : Quality(luck), Satisfaction: 0.2 + 0.6 * random.NextUnit(), born, born + _options.Items.Lifetime);
    }
}
