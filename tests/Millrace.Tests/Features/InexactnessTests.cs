using CsCheck;
using Millrace.Features.Definitions;
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
    ]);

    private static readonly FeatureOptions Narrow = new() { MaxPairs = 4, MaxCrosses = 5, MaxLearntItems = 2 };

    private static readonly Gen<(int Item, int Session, int Surface, int Gap)[]> Clicks =
        Gen.Select(Gen.Int[0, Known + 3], Gen.Int[0, 3], Gen.Int[0, 2], Gen.Frequency((30, Gen.Int[0, 4]), (2, Gen.Int[50, 90]), (1, Gen.Int[1_600, 3_000]))).Array[20, 120];

    [Fact]
    public void What_is_not_said_to_be_inexact_is_what_the_facts_say()
    {
        var (exact, inexact, differed, ended) = (0, 0, 0, 0);
        Clicks.Sample(clicks =>
        {
            var (narrow, wide) = (new KindRun(Set, Narrow), new KindRun(Set));
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
                    Id = $"e{offset}", Event = "click", Item = $"i{click.Item}", Session = $"s{click.Session}", Surface = $"p{click.Surface}", Time = time, Received = time,
                });
                Compare(click.Session, click.Surface);
            }

            void Take(Fact fact)
            {
                var stored = new StoredFact(new Position(fact.Stream, 0, offset++), fact);
                narrow.Take(stored);
                wide.Take(stored);
            }

            void Compare(int session, int surface)
            {
                var asker = new Asker(null, $"s{session}") { Surface = $"p{surface}" };
                string[] items = [.. Enumerable.Range(0, Known).Select(item => $"i{item}")];
                var (served, said) = (narrow.Read(narrow.Folder.Freeze(time), items, time, asker), wide.Read(wide.Folder.Freeze(time), items, time, asker));
                foreach (var feature in Set.Definitions)
                {
                    var same = items.All(item => BitConverter.SingleToInt32Bits(served[item][feature.Name]) == BitConverter.SingleToInt32Bits(said[item][feature.Name]));
                    if (narrow.Folder.InexactOf(feature, time) is null)
                    {
                        Assert.True(same, $"{feature.Name} differs");
                        exact++;
                        ended += narrow.Folder.Counts.Whole ? 0 : 1;
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
        Assert.Null(folder.InexactOf(Of("clicks"), last));
        foreach (var name in (string[])["next", "score"])
        {
            var inexact = folder.InexactOf(Of(name), last);
            Assert.Equal("pairs", inexact?.Bound);
            Assert.InRange(inexact!.Since.Value, first.Value, last.Value);
            Assert.InRange((inexact.Until!.Value - Window - PersonLayout.LongestSession).Value, first.Value, last.Value);
            Assert.Null(folder.InexactOf(Of(name), inexact.Until.Value));
        }
    }

    [Fact]
    public void An_item_that_was_refused_is_missing_for_good()
    {
        var history = new History();
        var folder = new FeatureFolder(Set, new FeatureOptions { MaxItems = 1 });
        folder.Apply(history.Put("i0"));
        folder.Apply(history.Put("i1"));
        Assert.Equal(("items", null), (folder.InexactOf(Of("clicks"), history.Now)!.Bound, folder.InexactOf(Of("clicks"), history.Now)!.Until));
        Assert.NotNull(folder.InexactOf(Of("age"), history.Now + TimeSpan.FromDays(1_000)));
    }

    [Fact]
    public void Persons_who_were_pushed_out_are_missed_for_as_long_as_features_look_back()
    {
        var history = new History();
        var persons = new EmbeddedPersonStore(Set.Persons, 1, maxPersons: 1);
        persons.Observe(history.Click("i0", "s1"));
        Assert.Null(persons.InexactOf(Of("mine"), Set, history.Now));
        persons.Observe(history.Click("i0", "s2"));
        var inexact = persons.InexactOf(Of("mine"), Set, history.Now);
        Assert.Equal("persons", inexact?.Bound);
        Assert.Null(persons.InexactOf(Of("clicks"), Set, history.Now));
        Assert.Null(persons.InexactOf(Of("mine"), Set, inexact!.Until!.Value));
    }

    private static FeatureDefinition Of(string name) => Set.Definitions[Set.IndexOf(name)];
}
