using Millrace.World.Audience;
using Millrace.World.Clicks;
using Millrace.World.Items;
using Millrace.World.Randomness;

namespace Millrace.World;

/// <summary>
/// The generator and its truth, without HTTP: who comes, what is there, who clicks what. Everything is a function of the options (the seed
/// among them) and of what is shown, so that equal slates give equal events, to the bit. Safe for concurrent visits.
/// </summary>
public sealed class SyntheticWorld
{
    /// <summary>How much of the liking of somebody who does not care for a topic remains.</summary>
    private const double IndifferentShare = 0.2;

    /// <summary>An item made for another country keeps this share of its attraction.</summary>
    private const double ForeignShare = 0.6;

    /// <summary>An item that was read in this visit keeps this share of its attraction.</summary>
    private const double ReadShare = 0.05;

    /// <summary>Makes the world of these options.</summary>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public SyntheticWorld(WorldOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        Options = options;
        Items = new ItemSchedule(options);
        Population = new Population(options);
    }

    /// <summary>What fixes this world.</summary>
    public WorldOptions Options { get; }

    /// <summary>What is published.</summary>
    public ItemSchedule Items { get; }

    /// <summary>Who comes.</summary>
    public Population Population { get; }

    /// <summary>
    /// What an item is to a visitor at a time, its body arriving at once. Attraction is scale × quality × liking × fading, where liking mixes
    /// the visit's intent with the user's lasting taste, and fading halves with every half-life; nothing before birth and after death.
    /// </summary>
    public Appeal AppealOf(Visit visit, WorldItem item, TimeSpan time)
    {
        ArgumentNullException.ThrowIfNull(visit);
        ArgumentNullException.ThrowIfNull(item);
        if (time < item.Born || time >= item.Dies)
        {
            return new Appeal(0, item.Satisfaction);
        }

        var match = Match(visit, item.Topic) * (1 - WorldItem.SecondTopicShare) + Match(visit, item.SecondTopic) * WorldItem.SecondTopicShare;
        var liking = IndifferentShare + (1 - IndifferentShare) * match;
        var attraction = Options.Items.Scale * Items.QualityAt(item, time) * liking * Math.Pow(0.5, (time - item.Born) / Options.Items.HalfLife);
        if (item.Country != visit.User.Country)
        {
            attraction *= ForeignShare;
        }

        return new Appeal(visit.HasRead(item) ? attraction * ReadShare : attraction, item.Satisfaction);
    }

    /// <summary>What a slate is worth to a visitor at a time if its bodies come at once, beside a random one and the best.</summary>
    /// <param name="visit">Who looks.</param>
    /// <param name="view">The 0-based view of the visit.</param>
    /// <param name="time">When, from the world's start.</param>
    /// <param name="slate">What is shown, in order.</param>
    /// <exception cref="InvalidOperationException">The view was watched already: what it made the visitor read would count against it.</exception>
    public SlateValue Appraise(Visit visit, int view, TimeSpan time, IReadOnlyList<WorldItem> slate)
    {
        ArgumentNullException.ThrowIfNull(visit);
        ArgumentNullException.ThrowIfNull(slate);
        return Value(visit, view, time, Appeals(visit, slate, time));
    }

    /// <summary>The slate with the most expected clicks for a visitor at a time.</summary>
    public IReadOnlyList<WorldItem> OracleSlate(Visit visit, TimeSpan time)
    {
        var live = Items.LiveAt(time);
        return [.. Options.ClickModel.Best(Appeals(visit, live, time), Options.Audience.SlateSize).Select(index => live[index])];
    }

    /// <summary>
    /// Shows a slate to a visitor. A clicked item counts as read for the rest of the visit. The draws belong to (visit, view, rank): another
    /// slate, or a slower body, faces the same luck. The value counts how late the bodies came; those of the random and of the best slate come at once.
    /// </summary>
    /// <param name="visit">Who looks.</param>
    /// <param name="view">The 0-based view of the visit.</param>
    /// <param name="time">When, from the world's start.</param>
    /// <param name="slate">What is shown, in order.</param>
    /// <param name="timesToFirstByte">How late each body came; null for a body that never came.</param>
    /// <exception cref="InvalidOperationException">The view was watched already.</exception>
    public WatchedView Watch(
        Visit visit, int view, TimeSpan time, IReadOnlyList<WorldItem> slate, IReadOnlyList<TimeSpan?> timesToFirstByte)
    {
        ArgumentNullException.ThrowIfNull(visit);
        ArgumentNullException.ThrowIfNull(slate);
        ArgumentNullException.ThrowIfNull(timesToFirstByte);
        var value = Value(visit, view, time, Awaited(visit, time, slate, timesToFirstByte));
        return new WatchedView(value, Look(visit, view, time, slate, timesToFirstByte));
    }

    /// <summary>As <see cref="Watch"/>, without asking what the slate is worth: that looks at all that is alive.</summary>
    /// <inheritdoc cref="Watch" path="/param"/>
    /// <inheritdoc cref="Watch" path="/exception"/>
    public IReadOnlyList<ViewOutcome> Look(
        Visit visit, int view, TimeSpan time, IReadOnlyList<WorldItem> slate, IReadOnlyList<TimeSpan?> timesToFirstByte)
    {
        ArgumentNullException.ThrowIfNull(visit);
        ArgumentNullException.ThrowIfNull(slate);
        ArgumentNullException.ThrowIfNull(timesToFirstByte);
        CheckUnwatched(visit, view);
        var appeals = Awaited(visit, time, slate, timesToFirstByte);
        visit.Watched = view + 1;
        var random = WorldRandom.For(Options.Seed, RandomStream.Click, visit.Index, view);
        var draws = new double[2 * slate.Count];
        for (var i = 0; i < draws.Length; i++)
        {
            draws[i] = random.NextUnit();
        }

        var clicked = new bool[slate.Count];
        Options.ClickModel.Sample(appeals, draws, clicked);
        return Outcomes(visit, view, time, slate, timesToFirstByte, clicked);
    }

    /// <summary>What the items are to the visitor, their bodies coming as late as they did.</summary>
    private Appeal[] Awaited(Visit visit, TimeSpan time, IReadOnlyList<WorldItem> slate, IReadOnlyList<TimeSpan?> timesToFirstByte)
    {
        var appeals = Appeals(visit, slate, time);
        for (var k = 0; k < appeals.Length; k++)
        {
            appeals[k] = appeals[k] with { Attraction = appeals[k].Attraction * Options.Patience.Share(timesToFirstByte[k]) };
        }

        return appeals;
    }

    private static void CheckUnwatched(Visit visit, int view)
    {
        if (view < visit.Watched)
        {
            throw new InvalidOperationException($"View {view} of visit {visit.Index} was watched already.");
        }
    }

    private SlateValue Value(Visit visit, int view, TimeSpan time, Appeal[] slate)
    {
        CheckUnwatched(visit, view);
        var live = Items.LiveAt(time);
        var appeals = Appeals(visit, live, time);
        var random = Select(appeals, RandomSlate(visit, view, live.Count));
        var best = Select(appeals, Options.ClickModel.Best(appeals, Options.Audience.SlateSize));
        return new SlateValue(
            Options.ClickModel.ExpectedClicks(slate),
            Options.ClickModel.ExpectedClicks(random),
            Options.ClickModel.ExpectedClicks(best));
    }

    private ViewOutcome[] Outcomes(
        Visit visit, int view, TimeSpan time, IReadOnlyList<WorldItem> slate, IReadOnlyList<TimeSpan?> timesToFirstByte, bool[] clicked)
    {
        var random = WorldRandom.For(Options.Seed, RandomStream.Dwell, visit.Index, view);
        var outcomes = new ViewOutcome[slate.Count];
        for (var k = 0; k < outcomes.Length; k++)
        {
            var length = random.NextExponential();
            var dwell = clicked[k]
                ? Options.Audience.MeanDwell * (length * Items.QualityAt(slate[k], time) * Options.Patience.Share(timesToFirstByte[k]))
                : TimeSpan.Zero;
            outcomes[k] = new ViewOutcome(slate[k], k + 1, clicked[k], dwell);
            if (clicked[k])
            {
                visit.Read(slate[k]);
            }
        }

        return outcomes;
    }

    private double Match(Visit visit, int topic) =>
        (topic == visit.Intent ? Options.Audience.IntentShare : 0) + (1 - Options.Audience.IntentShare) * visit.User.Taste[topic];

    private Appeal[] Appeals(Visit visit, IReadOnlyList<WorldItem> items, TimeSpan time)
    {
        var appeals = new Appeal[items.Count];
        for (var i = 0; i < appeals.Length; i++)
        {
            appeals[i] = AppealOf(visit, items[i], time);
        }

        return appeals;
    }

    private static Appeal[] Select(Appeal[] appeals, int[] indexes) => [.. indexes.Select(index => appeals[index])];

    /// <summary>Evenly drawn without repeats: the head of a Fisher-Yates shuffle.</summary>
    private int[] RandomSlate(Visit visit, int view, int live)
    {
        var random = WorldRandom.For(Options.Seed, RandomStream.RandomSlate, visit.Index, view);
        var indexes = Enumerable.Range(0, live).ToArray();
        var count = Math.Min(Options.Audience.SlateSize, live);
        for (var i = 0; i < count; i++)
        {
            var other = i + random.NextBelow(live - i);
            (indexes[i], indexes[other]) = (indexes[other], indexes[i]);
        }

        return indexes[..count];
    }
}
