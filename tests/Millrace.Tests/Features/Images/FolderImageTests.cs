using CsCheck;
using Millrace.Features.Catalogue;
using Millrace.Features.Definitions;
using Millrace.Features.Images;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Local;
using static Millrace.Tests.Features.Images.Imaged;

namespace Millrace.Tests.Features.Images;

public sealed class FolderImageTests
{
    [Fact]
    public void A_folder_that_goes_on_from_a_snapshot_equals_one_that_folded_all() =>
        Gen.Select(FoldedHistory.Facts, Gen.Int[0, 100], Gen.Int[0, 20], Gen.Bool).Sample((facts, percent, again, late) =>
        {
            using var keys = KeysOf(facts);
            var cut = facts.Length * percent / 100;
            var folder = Folded(facts[..cut], keys);
            var image = folder.Image();

            // What is folded after the image was made is not in it, though it is written later.
            Array.ForEach(late ? facts[cut..] : [], fact => folder.Apply(fact));
            var loaded = Loaded(Written(image), keys);
            if (!late)
            {
                Array.ForEach(facts[cut..], fact => folder.Apply(fact));
            }

            Assert.Equal(cut == 0 ? "" : TextOf(Folded(facts[..cut], keys), facts[..cut]), cut == 0 ? "" : TextOf(Copy(loaded, keys), facts[..cut]));
            Array.ForEach(facts[Math.Max(0, cut - again)..], fact => loaded.Apply(fact));
            Assert.Equal(TextOf(folder, facts), TextOf(loaded, facts));
            Assert.True(loaded.Counts.Whole);
            Assert.Equal(Uses(folder), Uses(loaded));
        });

    [Fact]
    public void Everything_that_was_loaded_expires_and_holds_no_row_then() => FoldedHistory.Facts.Sample(facts =>
    {
        using var keys = KeysOf(facts);
        var loaded = Loaded(Written(Folded(facts, keys).Image()), keys);
        var last = facts.Max(fact => fact.Fact.Received);
        loaded.Apply(new StoredFact(new Position(JournalStream.Items, 9, 0), new ItemChanged { Id = "x", Item = "x", Time = last, Received = last }));
        for (var partition = 0; partition < 2; partition++)
        {
            var later = last + TimeSpan.FromDays(2);
            loaded.Apply(new StoredFact(
                new Position(JournalStream.Events, partition, 1_000_000), new Observed { Id = "e", Event = "impression", Item = "x", Session = "z", Time = later, Received = later }));
        }

        loaded.Freeze(last + TimeSpan.FromDays(30));
        Assert.All(Uses(loaded), uses => Assert.Equal(0, uses.Value));
    });

    [Fact]
    public void Bounds_go_on_where_they_stood() => FoldedHistory.Facts.Sample(facts =>
    {
        using var keys = KeysOf(facts);
        var options = Options with { MaxItems = 6, MaxLearntItems = 4, LearnItemsFromEvents = true, MaxSessions = 2 };
        var whole = Folded(facts, keys, options);
        var half = Folded(facts[..(facts.Length / 2)], keys, options);
        var loaded = new FeatureFolder(Set, options, keys);
        loaded.Adopt(FolderLoader.Load(Written(half.Image()), Set, options, keys));
        Array.ForEach(facts[(facts.Length / 2)..], fact => loaded.Apply(fact));
        Assert.Equal(TextOf(whole, facts), TextOf(loaded, facts));
        Assert.Equal(whole.Counts.All(), loaded.Counts.All());
    });

    [Fact]
    public void A_session_whose_key_was_destroyed_is_not_read_back()
    {
        var history = new History();
        StoredFact[] facts = [history.Put("a"), history.Put("b"), history.Click("a", "ada"), history.Click("a", "bob")];
        using var keys = KeysOf(facts);
        var file = Written(Folded(facts, keys).Image());
        keys.Destroy("default", "ada");
        var loaded = Loaded(file, keys);
        Assert.Equal(1, loaded.State.Sessions[0].Count);
        Assert.False(Contains(file.ToArray(), "ada"));

        // One that had a new key when it was written keeps nothing from before.
        var folder = Folded(facts, keys);
        _ = keys.Read("default", "ada", new byte[32]);
        Assert.Equal(1, folder.State.Sessions[0].Count);
    }

    [Fact]
    public void A_session_of_more_people_than_can_be_remembered_is_counted_when_it_is_left_out()
    {
        var history = new History();
        StoredFact[] facts = [history.Put("a"), .. Enumerable.Range(0, Sealing.Most + 1).Select(i => By(history.Click("a", "kiosk"), $"u{i}")), history.Click("a", "home")];
        using var keys = KeysOf(facts);
        var whole = Folded(facts, keys);
        Assert.True(whole.Counts.Whole);
        var loaded = Copy(whole, keys);
        Assert.Equal(1, loaded.State.Sessions[0].Count);
        Assert.Equal(1, loaded.Counts.SessionsLeftOut);
        Assert.False(loaded.Counts.Whole);
        Assert.Equal(["next"], Inexact(loaded, history.Now));
        Assert.Equal(1, Copy(loaded, keys).Counts.SessionsLeftOut);

        static StoredFact By(StoredFact click, string user) => click with { Fact = (Observed)click.Fact with { User = user } };
    }

    [Fact]
    public void A_segment_that_is_left_out_concerns_no_feature()
    {
        const int Items = 8_000;
        var (begin, offset) = (new History().Now, 0L);
        using var keys = KeysOf([]);
        var folder = new FeatureFolder(Set, Options, keys);
        foreach (var minute in Enumerable.Range(0, 50))
        {
            // Longer than a sealed part may be: so many items in so many buckets.
            var time = begin + TimeSpan.FromMinutes(minute);
            for (var item = 0; item < Items; item++)
            {
                folder.Apply(new StoredFact(new Position(JournalStream.Events, 0, offset++), new Observed
                {
                    Id = "e", Event = "click", Item = $"i{item}", User = "z", Segment = "g", Time = time, Received = time,
                }));
            }
        }

        var loaded = Copy(folder, keys);
        Assert.Equal(1, loaded.Counts.SessionsLeftOut);
        Assert.Empty(Inexact(loaded, begin + TimeSpan.FromMinutes(50)));
    }

    [Fact]
    public void Items_of_equal_attributes_share_them_and_no_others_do()
    {
        var history = new History();
        StoredFact[] facts = [.. Enumerable.Range(0, 12).Select(i => Described(history.Put($"i{i}"), i % 3, i % 4))];
        using var keys = KeysOf(facts);
        var (before, after) = (Folded(facts, keys), Loaded(Written(Folded(facts, keys).Image()), keys));
        CatalogueItem Item(FeatureFolder folder, int i) => folder.State.Items.Read(folder.State.Items.Find($"i{i}"))!;
        for (var i = 0; i < facts.Length; i++)
        {
            Assert.Equal(Item(before, i).Attributes.Select(one => (one.Key, string.Join(',', one.Value))), Item(after, i).Attributes.Select(one => (one.Key, string.Join(',', one.Value))));
        }

        // The first of a set names its texts, the second is remembered, the third shares.
        facts = [.. Enumerable.Range(12, 48).Select(i => Described(history.Put($"i{i}"), i % 3, i % 4))];
        Array.ForEach(facts, fact => before.Apply(fact));
        after = Loaded(Written(before.Image()), keys);
        Assert.Equal(12, Enumerable.Range(12, 48).Select(i => Item(after, i).Attributes).Distinct(ReferenceEqualityComparer.Instance).Count());

        static StoredFact Described(StoredFact put, int topic, int tag) => put with
        {
            Fact = (ItemChanged)put.Fact with { Attributes = ((ItemChanged)put.Fact).Attributes.Add("topic", [$"t{topic}", "all"]).Add("tag", [$"t{tag}"]) },
        };
    }

    [Fact]
    public void What_is_not_this_folders_is_refused_with_the_reason()
    {
        var history = new History();
        StoredFact[] facts = [history.Put("a"), history.Put("b"), history.Click("a")];
        using var keys = KeysOf(facts);
        var file = Written(Folded(facts, keys).Image()).ToArray();
        Assert.Equal(FeatureSnapshotFault.Tenant, Refused(() => FolderLoader.Load(new MemoryStream(file), Set, Options with { Tenant = "other" }, keys)));
        Assert.Equal(FeatureSnapshotFault.Definitions, Refused(() => FolderLoader.Load(new MemoryStream(file), FeatureSet.Create([]), Options, keys)));
        Assert.Equal(FeatureSnapshotFault.Definitions, Refused(() => FolderLoader.Load(new MemoryStream(file), Set, Options with { SessionIdle = TimeSpan.FromHours(1) }, keys)));
        Assert.Equal(FeatureSnapshotFault.Oversized, Refused(() => FolderLoader.Load(new MemoryStream(file), Set, Options with { MaxItems = 1, MaxLearntItems = 0 }, keys)));
        Assert.Equal(FeatureSnapshotFault.Oversized, Refused(() => FolderLoader.Load(new MemoryStream(file), Set, Options, keys, mostBytes: 10)));
        Assert.Equal(FeatureSnapshotFault.Foreign, Refused(() => FolderLoader.Load(new MemoryStream(new byte[1000]), Set, Options, keys)));
        Assert.Equal(FeatureSnapshotFault.Foreign, Refused(() => FolderLoader.Load(new MemoryStream([]), Set, Options, keys)));
        Assert.Equal(FeatureSnapshotFault.Truncated, Refused(() => FolderLoader.Load(new MemoryStream(file[..^1]), Set, Options, keys)));
        Assert.Equal(FeatureSnapshotFault.Version, Refused(() => FolderLoader.Load(new MemoryStream([.. file[..8], 77, .. file[9..]]), Set, Options, keys)));
        var body = Resealed.Body(file);
        Assert.Equal("Corrupt", $"{Refused(() => FolderLoader.Load(new MemoryStream(Resealed.With(file, [.. body, 0])), Set, Options, keys))}");
        var twice = body.AsSpan().IndexOf((byte)'b');
        body[twice] = (byte)'a';
        Assert.Equal(FeatureSnapshotFault.Duplicate, Refused(() => FolderLoader.Load(new MemoryStream(Resealed.With(file, body)), Set, Options, keys)));
        Assert.Equal(TextOf(Folded(facts, keys), facts), TextOf(Loaded(new MemoryStream(file), keys), facts));
    }

    [Fact]
    public void A_damaged_file_is_refused_wherever_it_is_damaged()
    {
        var (file, keys) = Sample();
        for (var length = 0; length < file.Length; length++)
        {
            var cut = file[..length];
            Refused(() => FolderLoader.Load(new MemoryStream(cut), Set, Options, keys));
        }

        for (var at = 0; at < file.Length; at++)
        {
            var flipped = (byte[])file.Clone();
            flipped[at] ^= (byte)(1 << (at % 8));
            Refused(() => FolderLoader.Load(new MemoryStream(flipped), Set, Options, keys));
        }
    }

    /// <summary>Hashes that fit keep nothing out: what is inside is checked too, and what is taken can be folded on, frozen and read.</summary>
    [Fact]
    public void A_forged_file_is_refused_or_can_be_used()
    {
        var (file, keys) = Sample();
        var body = Resealed.Body(file);
        var taken = 0;
        Gen.Select(Gen.Int[0, body.Length - 1], Gen.Byte, Gen.Int[0, 3]).Sample(
            (at, value, kind) =>
            {
                byte[] forged = kind switch
                {
                    0 => [.. body[..at], value, .. body[(at + 1)..]],
                    1 => [.. body[..at], .. body[(at + 1)..]],
                    2 => [.. body[..at], value, .. body[at..]],
                    _ => body[..at],
                };
                FolderState state;
                try
                {
                    state = FolderLoader.Load(new MemoryStream(Resealed.With(file, forged)), Set, Options, keys, mostBytes: 1 << 20);
                }
                catch (FeatureSnapshotException)
                {
                    return;
                }

                Interlocked.Increment(ref taken);
                var folder = new FeatureFolder(Set, Options, keys);
                folder.Adopt(state);
                var now = folder.Current.Time;
                folder.Apply(new StoredFact(new Position(JournalStream.Events, 0, long.MaxValue - 1), new Observed { Id = "e", Event = "click", Item = "i1", Session = "s0-1", Time = now, Received = now }));
                Assert.NotEmpty(folder.Freeze(now).Canonical());
                folder.Freeze(new UnixMicros(Math.Min(now.Value, long.MaxValue / 4)) + TimeSpan.FromDays(3));
            },
            iter: 4_000);
        Assert.True(taken > 0);
    }

    [Fact]
    public void A_part_that_is_too_long_to_be_sealed_is_counted_as_left_out()
    {
        using var keys = new MemorySubjectKeys();
        _ = keys.Read("default", "ada", new byte[32]);
        var by = Sealing.None.With(keys, "default", "ada")!;
        using var sealer = new PersonSealer(keys, [1]);
        var to = new StateWriter(new MemoryStream());
        Assert.True(sealer.Seal(by, 1 << 19, static (text, length) => text.Raw(new byte[length]), to));
        Assert.Equal(0, sealer.LeftOut);
        Assert.False(sealer.Seal(by, 1 << 20, static (text, length) => text.Raw(new byte[length]), to));
        Assert.Equal(1, sealer.LeftOut);
    }

    private static (byte[] File, MemorySubjectKeys Keys) Sample()
    {
        var history = new History();
        var facts = new List<StoredFact>();
        for (var item = 0; item < 9; item++)
        {
            facts.Add(history.Put($"i{item}", item % 3 == 0 ? history.Now + TimeSpan.FromMinutes(item - 2) : null, item % 4 == 0 ? history.Now + TimeSpan.FromHours(item) : null));
        }

        for (var click = 0; click < 40; click++)
        {
            facts.Add(history.Event(click % 5 == 0 ? "conversion" : "click", $"i{click * 7 % 11}", $"s0-{click % 4}", click % 3));
            facts.Add(new StoredFact(facts[^1].Position with { Stream = JournalStream.Events, Partition = 1 }, ((Observed)facts[^1].Fact) with { Segment = $"g{click % 2}", Session = $"s1-{click % 3}" }));
        }

        facts.Add(history.Delete("i1"));
        var keys = KeysOf([.. facts]);
        return (Written(Folded([.. facts], keys).Image()).ToArray(), keys);
    }

    private static IEnumerable<string> Inexact(FeatureFolder folder, UnixMicros time) =>
        Set.Definitions.Where(feature => folder.InexactOf(feature, time, time) is not null).Select(feature => feature.Name);

    private static Dictionary<string, int> Uses(FeatureFolder folder) => Enumerable.Range(0, folder.State.Items.Count)
        .Where(row => folder.State.Items.Read(row) is not null)
        .ToDictionary(row => folder.State.Items.Read(row)!.Id, row => folder.State.Context.Uses.Of(row));

    private static bool Contains(byte[] bytes, string text) => bytes.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(text)) >= 0;
}
