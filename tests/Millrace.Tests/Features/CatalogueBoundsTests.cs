using CsCheck;
using Millrace.Features.Catalogue;
using Millrace.Features.Definitions;
using Millrace.Features.Online;
using Millrace.Journal;

namespace Millrace.Tests.Features;

public sealed class CatalogueBoundsTests
{
    private static readonly FeatureSet Set = FeatureSet.Create([new CountFeature("clicks", "click", TimeSpan.FromHours(1)), new AgeFeature("idle", AgeSince.LastEvent)]);

    private readonly History _history = new();

    [Fact]
    public void Invented_ids_in_events_take_no_place_of_the_catalogue()
    {
        var folder = new FeatureFolder(Set, new FeatureOptions { MaxItems = 3, MaxLearntItems = 10 });
        for (var i = 0; i < 100; i++)
        {
            folder.Apply(_history.Click($"junk-{i}"));
        }

        Assert.True(folder.Apply(_history.Put("real")));
        Assert.True(folder.Apply(_history.Put("real-2")));
        Assert.True(folder.Apply(_history.Put("real-3")));
        var snapshot = folder.Freeze(default);
        Assert.NotNull(snapshot.Find("real"));
        Assert.Null(snapshot.Find("junk-1"));
        Assert.Equal(0, snapshot.Popular(TimeSpan.FromHours(1), 100).Length);
        Assert.Equal((90L, 13), (folder.Counts.LearntItems, snapshot.Rows));
    }

    [Fact]
    public void What_happened_to_an_item_before_it_came_is_counted_once_it_is_there()
    {
        var folder = new FeatureFolder(Set, new FeatureOptions());
        folder.Apply(_history.Click("late"));
        Assert.Null(folder.Freeze(default).Find("late"));
        folder.Apply(_history.Put("late"));
        var snapshot = folder.Freeze(default);
        Assert.Equal([snapshot.RowOf("late")], snapshot.Popular(TimeSpan.FromHours(1), 5).ToArray());
        Assert.Equal(snapshot.Find("late")!.FirstSeen, snapshot.Time);
    }

    [Fact]
    public void Learnt_items_have_a_bound_of_their_own_and_the_oldest_leaves()
    {
        var folder = new FeatureFolder(Set, new FeatureOptions { MaxItems = 2, MaxLearntItems = 3, LearnItemsFromEvents = true });
        foreach (var item in (string[])["l0", "l1", "l2"])
        {
            folder.Apply(_history.Event("impression", item));
        }

        Assert.True(folder.Apply(_history.Put("real")));
        folder.Apply(_history.Click("l0"));
        Assert.True(folder.Apply(_history.Event("impression", "l3")));
        var snapshot = folder.Freeze(default);
        Assert.Equal(["l0", "l2", "l3", "real"], Ids(snapshot));
        Assert.Equal(1, folder.Counts.LearntItems);

        Assert.True(folder.Apply(_history.Put("l2")));
        Assert.True(folder.Apply(_history.Event("impression", "l4")));
        Assert.Equal(["l0", "l2", "l3", "l4", "real"], Ids(folder.Freeze(default)));
        Assert.False(folder.Freeze(default).Find("l2")!.Learnt);
    }

    [Fact]
    public void Honest_churn_goes_on_for_ever_within_the_bound()
    {
        var folder = new FeatureFolder(Set, new FeatureOptions { MaxItems = 20 });
        for (var i = 0; i < 2_000; i++)
        {
            Assert.True(folder.Apply(_history.Put($"i{i}")), $"item {i}");
            folder.Apply(_history.Click($"i{i}", $"s{i}"));
            folder.Apply(_history.Delete($"i{i}"));
            _history.Pass(TimeSpan.FromMinutes(10));
        }

        var snapshot = folder.Freeze(default);
        Assert.True(snapshot.Rows <= 20);
        Assert.Equal(0, folder.Counts.ItemsRefused);
        Assert.Contains("i1999:1:1", snapshot.Canonical(new WindowedSumsKey("click", TimeSpan.FromHours(1))));
    }

    [Fact]
    public void A_row_that_counts_refer_to_stays_with_its_item()
    {
        var folder = new FeatureFolder(Set, new FeatureOptions { MaxItems = 2 });
        folder.Apply(_history.Put("kept"));
        folder.Apply(_history.Put("old"));
        folder.Apply(_history.Click("old"));
        folder.Apply(_history.Delete("old"));
        Assert.False(folder.Apply(_history.Put("new")));
        Assert.Equal(1, folder.Counts.ItemsRefused);
        _history.Pass(TimeSpan.FromDays(2));
        folder.Apply(_history.Click("kept", "another"));
        Assert.True(folder.Apply(_history.Put("newer")));
        Assert.False(folder.Apply(_history.Put("new")));
        Assert.Equal(["kept", "newer"], Ids(folder.Freeze(default)));
    }

    [Fact]
    public void A_session_holds_the_rows_that_it_clicked()
    {
        var folder = new FeatureFolder(FeatureSet.Create([]), new FeatureOptions { MaxItems = 2, SessionIdle = TimeSpan.FromDays(9) });
        folder.Apply(_history.Put("a"));
        folder.Apply(_history.Click("a", "long"));
        folder.Apply(_history.Delete("a"));
        folder.Apply(_history.Put("b"));
        _history.Pass(TimeSpan.FromDays(3));
        folder.Freeze(_history.Now);
        Assert.False(folder.Apply(_history.Put("c")));
        folder.Apply(_history.Click("b", "long"));
        var snapshot = folder.Freeze(default);
        Assert.Equal(snapshot.RowOf("b"), Assert.Single(Rows(snapshot.Neighbours(snapshot.RowOf("a"))!)));
    }

    [Fact]
    public void Deleted_items_take_no_places_of_the_popular()
    {
        var folder = new FeatureFolder(Set, new FeatureOptions());
        folder.Apply(_history.Put("live"));
        folder.Apply(_history.Click("live"));
        for (var i = 0; i < 20; i++)
        {
            folder.Apply(_history.Put($"gone-{i}"));
            folder.Apply(_history.Click($"gone-{i}"));
            folder.Apply(_history.Click($"gone-{i}"));
            folder.Apply(_history.Delete($"gone-{i}"));
        }

        var snapshot = folder.Freeze(default);
        Assert.Equal([snapshot.RowOf("live")], snapshot.Popular(TimeSpan.FromHours(1), 5).ToArray());
    }

    [Fact]
    public void What_newer_items_pushed_out_comes_back_when_they_go()
    {
        var folder = new FeatureFolder(Set, new FeatureOptions { MaxRecentItems = 10 });
        for (var i = 0; i < 50; i++)
        {
            folder.Apply(_history.Put($"i{i:00}", expires: i is >= 20 and < 40 ? _history.Now + TimeSpan.FromHours(1) : null));
        }

        for (var i = 40; i < 50; i++)
        {
            folder.Apply(_history.Delete($"i{i:00}"));
        }

        Assert.Equal(Enumerable.Range(30, 10).Reverse().Select(i => $"i{i:00}"), RecentIds(folder.Freeze(default)));
        Assert.Equal(Enumerable.Range(10, 10).Reverse().Select(i => $"i{i:00}"), RecentIds(folder.Freeze(_history.Now + TimeSpan.FromHours(2))));
    }

    [Fact]
    public void The_index_finds_what_was_added_and_not_removed() => Gen.Select(Gen.Int[0, 2_000], Gen.Bool).Array[0, 3_000].Sample(
        steps =>
        {
            var items = new CowArray<CatalogueItem?>();
            var index = new RowIndex(items);
            var rows = new Dictionary<string, int>();
            foreach (var (number, add) in steps)
            {
                var id = $"item-{number}";
                if (add && rows.TryAdd(id, number))
                {
                    items.Edit(number) = new CatalogueItem { Id = id };
                    index.Add(number);
                }
                else if (!add && rows.Remove(id))
                {
                    index.Remove(number);
                    items.Edit(number) = null;
                }
            }

            var frozen = index.Freeze(items.Freeze());
            Assert.All(Enumerable.Range(0, 2_001).Select(number => $"item-{number}"), id => Assert.Equal(rows.GetValueOrDefault(id, -1), frozen.Find(id)));
        },
        iter: 30);

    private static IEnumerable<string> Ids(FeatureSnapshot snapshot) =>
        Enumerable.Range(0, snapshot.Rows).Select(snapshot.Item).Where(item => item is not null).Select(item => item.Id).Order(StringComparer.Ordinal);

    private static IEnumerable<string> RecentIds(FeatureSnapshot snapshot) => snapshot.Recent.Select(row => snapshot.Item(row).Id);

    private static IEnumerable<int> Rows(CountList list) => Enumerable.Range(0, list.Count).Select(slot => list[slot].Row);
}
