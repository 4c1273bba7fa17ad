using CsCheck;
using Millrace.Features.Definitions;
using Millrace.Features.Images;
using Millrace.Features.Local;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Tests.Features.Kinds;

namespace Millrace.Tests.Features;

/// <summary>A feature that is not said to be inexact is what a folder says that refuses nothing, whatever was refused before.</summary>
public sealed class InexactnessTests
{
    private const int Known = 6;

    private static readonly TimeSpan Window = TimeSpan.FromHours(1);
    private static readonly UnixMicros Begin = new(1_750_000_000_000_000);

    private static readonly FeatureSet Set = FeatureSet.Create(
    [
        new CountFeature("clicks", "click", Window),
        new CooccurrenceFeature("next", "click", Window),
        new CrossFeature("here", "click", "surface", Window),
        new AgeFeature("age", AgeSince.FirstSeen),
        new ExpressionFeature("score", FeatureEntity.Item, "next * 2 + clicks"),
        new PersonCountFeature("mine", FeatureEntity.User, "click", Window),
        new SumFeature("paid", "click", "EUR", Window),
        new DecayedCountFeature("fading", "click", Window / 8),
    ]);

    private static readonly FeatureOptions Narrow = new() { MaxPairs = 4, MaxCrosses = 5, MaxLearntItems = 2 };

    private static readonly Gen<(int Item, int Session, int Surface, int Gap, int Partition, int Behind)[]> Clicks = Gen.Select(
        Gen.Int[0, Known + 3], Gen.Int[0, 3], Gen.Int[0, 2], Gen.Frequency((30, Gen.Int[0, 4]), (2, Gen.Int[50, 90]), (1, Gen.Int[1_600, 3_000])), Gen.Int[0, 1], Gen.Int[0, 20]).Array[20, 120];

    [Fact]
    public void What_is_not_said_to_be_inexact_is_what_the_facts_say()
    {
        var (exact, inexact, differed, ended) = (0, 0, 0, 0);
        Clicks.Sample(clicks =>
        {
            var (narrow, wide) = (new KindRun(Set, Narrow, maxPersons: 2), new KindRun(Set));
            var (time, offset) = (Begin, 0L);
            for (var item = 0; item < Known; item++)
            {
                Take(new ItemChanged { Id = $"i{item}", Item = $"i{item}", Time = time, Received = time });
            }

            foreach (var click in clicks)
            {
                time += TimeSpan.FromMinutes(click.Gap);
                Take(new Observed
                {
                    Id = $"e{offset}", Event = "click", Item = $"i{click.Item}", Session = $"s{click.Session}", User = $"u{click.Session}", Surface = $"p{click.Surface}",
                    ValueMicros = offset * 1_000_003, Unit = "EUR", Time = time - TimeSpan.FromMinutes(click.Partition * click.Behind), Received = time,
                }, click.Partition);
                Compare(click.Session, click.Surface, TimeSpan.FromSeconds(click.Behind * 30));
            }

            void Take(Fact fact, int partition = 0)
            {
                var stored = new StoredFact(new Position(fact.Stream, partition, offset++), fact);
                narrow.Take(stored);
                wide.Take(stored);
            }

            void Compare(int session, int surface, TimeSpan behind)
            {
                // The epoch is of now, and the decision reads it a while later.
                var (asker, asked) = (new Asker($"u{session}", $"s{session}") { Surface = $"p{surface}" }, time + behind);
                string[] items = [.. Enumerable.Range(0, Known).Select(item => $"i{item}")];
                var (served, said) = (narrow.Read(narrow.Folder.Freeze(time), items, asked, asker), wide.Read(wide.Folder.Freeze(time), items, asked, asker));
                foreach (var feature in Set.Definitions)
                {
                    var same = items.All(item => BitConverter.SingleToInt32Bits(served[item][feature.Name]) == BitConverter.SingleToInt32Bits(said[item][feature.Name]));
                    if (narrow.Folder.InexactOf(feature, time, asked) is null && narrow.Persons.InexactOf(feature, Set, time, asked) is null)
                    {
                        Assert.True(same, $"{feature.Name} differs");
                        exact++;
                        ended += narrow.Folder.Counts.Whole && narrow.Persons.Losses.None ? 0 : 1;
                    }
                    else
                    {
                        inexact++;
                        differed += same ? 0 : 1;
                    }
                }
            }
        }, iter: 60, threads: 1);
        Assert.True(exact > 1_000 && inexact > 1_000 && differed > 100 && ended > 1_000, $"{exact} {inexact} {differed} {ended}");
    }

    [Fact]
    public void It_says_which_bound_and_from_when_until_when()
    {
        var history = new History();
        var folder = new FeatureFolder(Set, Narrow);
        for (var item = 0; item < 8; item++)
        {
            folder.Apply(history.Put($"i{item}"));
        }

        var first = history.Now;
        for (var click = 0; click < 12; click++)
        {
            folder.Apply(history.Click($"i{click % 8}", "s"));
        }

        var last = history.Now;
        Assert.InRange(folder.Counts.PairsRefused, 1, 12);
        Assert.Null(folder.InexactOf(Of("clicks"), last, last));
        foreach (var name in (string[])["next", "score"])
        {
            var inexact = folder.InexactOf(Of(name), last, last);
            Assert.Equal("pairs", inexact?.Bound);
            Assert.InRange(inexact!.Since.Value, first.Value, last.Value);
            Assert.InRange((inexact.Until!.Value - Window - PersonLayout.LongestSession).Value, first.Value, last.Value);
            Assert.Null(folder.InexactOf(Of(name), inexact.Until.Value, inexact.Until.Value));

            // Windows of items end at the epoch, however long afterwards it is read.
            Assert.NotNull(folder.InexactOf(Of(name), new UnixMicros(inexact.Until.Value.Value - 1), inexact.Until.Value));
        }
    }

    [Fact]
    public void An_item_that_was_refused_is_missing_for_good()
    {
        var history = new History();
        var folder = new FeatureFolder(Set, new FeatureOptions { MaxItems = 1 });
        folder.Apply(history.Put("i0"));
        folder.Apply(history.Put("i1"));
        var first = folder.InexactOf(Of("clicks"), history.Now, history.Now);
        Assert.Equal(("items", null), (first!.Bound, first.Until));
        var later = history.Now + TimeSpan.FromDays(1_000);
        folder.Freeze(later);
        folder.Apply(history.Put("i2"));
        foreach (var name in (string[])["clicks", "age"])
        {
            var still = folder.InexactOf(Of(name), later, later);
            Assert.Equal(("items", null), (still!.Bound, still.Until));
            Assert.Equal(first.Since, still.Since);
        }
    }

    [Fact]
    public void Ghosts_beyond_their_bound_say_nothing_of_what_the_catalogue_says()
    {
        var history = new History();
        var folder = new FeatureFolder(Set, new FeatureOptions { MaxLearntItems = 1 });
        folder.Apply(history.Put("i0"));
        folder.Apply(history.Click("ghost1", "s"));
        folder.Apply(history.Click("ghost2", "s"));
        Assert.Equal(1, folder.Counts.LearntItems);
        Assert.NotNull(folder.InexactOf(Of("clicks"), history.Now, history.Now));
        Assert.Null(folder.InexactOf(Of("age"), history.Now, history.Now));
    }

    [Fact]
    public void A_ghost_of_which_nothing_is_left_makes_room_without_loss()
    {
        var history = new History();
        var folder = new FeatureFolder(FeatureSet.Create([new CountFeature("clicks", "click", Window)]), new FeatureOptions { MaxLearntItems = 1 });
        folder.Apply(history.Click("ghost1", "s"));
        folder.Freeze(history.Now + TimeSpan.FromDays(3));
        folder.ForgetSessions(["s"], erased: false);
        folder.Apply(history.Click("ghost2", "s"));
        Assert.True(folder.Counts.Whole, $"{folder.Counts.LearntItems}");
    }

    [Fact]
    public void Formulas_that_share_inputs_at_every_step_are_asked_at_once()
    {
        const int Steps = 80;
        List<FeatureDefinition> steps = [new CountFeature("f0", "click", Window), new CooccurrenceFeature("f1", "click", Window)];
        steps.AddRange(Enumerable.Range(2, Steps).Select(i => new ExpressionFeature($"f{i}", FeatureEntity.Item, $"f{i - 1} + f{i - 2}")));
        var set = FeatureSet.Create(steps);
        var history = new History();
        var folder = new FeatureFolder(set, Narrow);
        for (var click = 0; click < 12; click++)
        {
            folder.Apply(history.Put($"i{click}"));
            folder.Apply(history.Click($"i{click}", "s"));
        }

        Assert.Equal("pairs", folder.InexactOf(set.Definitions[set.IndexOf($"f{Steps + 1}")], history.Now, history.Now)?.Bound);
    }

    [Fact]
    public void Persons_who_were_pushed_out_are_missed_for_as_long_as_features_look_back()
    {
        var history = new History();
        var persons = new EmbeddedPersonStore(Set.Persons, 1, maxPersons: 1);
        persons.Observe(history.Click("i0", "s1"));
        Assert.Null(persons.InexactOf(Of("mine"), Set, history.Now, history.Now));
        persons.Observe(history.Click("i0", "s2"));
        var inexact = persons.InexactOf(Of("mine"), Set, history.Now, history.Now);
        Assert.Equal("persons", inexact?.Bound);
        Assert.Null(persons.InexactOf(Of("clicks"), Set, history.Now, history.Now));
        Assert.Null(persons.InexactOf(Of("mine"), Set, inexact!.Until!.Value, inexact.Until.Value));
    }

    [Fact]
    public void When_persons_were_pushed_out_outlives_a_restart()
    {
        var history = new History();
        var persons = new EmbeddedPersonStore(Set.Persons, 1, maxPersons: 1);
        persons.Observe(history.Click("i0", "s1"));
        persons.Observe(history.Click("i0", "s2"));
        var before = persons.Losses;
        var file = new MemoryStream();
        persons.Image(1, history.Now + TimeSpan.FromDays(365)).Write(file);
        file.Position = 0;
        var again = new EmbeddedPersonStore(Set.Persons, 1, maxPersons: 1);
        again.Adopt(PersonsLoader.Load(file, again, 1).Shards);
        Assert.NotNull(before.Gone);
        Assert.Equal(before, again.Losses);
    }

    private static FeatureDefinition Of(string name) => Set.Definitions[Set.IndexOf(name)];
}
