using System.Security.Cryptography;
using System.Text;
using Millrace.Features.Definitions;
using Millrace.Features.Images;
using Millrace.Features.Local;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Tests.Features.Kinds;

/// <summary>
/// A snapshot is believed by its fingerprint, of which <see cref="FeatureSet.FoldVersion"/> says how code folds, and by <see cref="FeatureSet.RowLayout"/>: what the same facts leave
/// behind is written down here for the two.
/// </summary>
public sealed class StateBytesTests
{
    private const int Version = 4;
    private const int Layout = 3;

    // More than any history of a person keeps: sections that differ in nothing but how long they look back are equal here.
    private const int Items = 131;
    private const int Events = 900;

    private const string Golden = """
        0 CrossedCountsKey c5c6a4e27f67
        1 CrossedCountsKey cc0b902f44f4
        2 WindowedSumsKey e89c3bf4ab91
        3 CrossedCountsKey d6c0f894dbeb
        4 CrossedCountsKey 23e7194e6641
        5 SessionPairsKey c587bc1fce98
        6 DecayedSumsKey d4f033cba95c
        7 DistinctCountsKey 4dbbd36d8922
        8 ItemVectorsKey d367e8be9eb3
        9 WindowedSumsKey af344f907606
        10 CrossedExaminationsKey 5da6fb4d324d
        11 FirstTimesKey 08c7ee8d3717
        12 ItemEqualsKey c88237eb05ec
        13 LastTimesKey 0907919759ee
        14 LastTimesKey 0907919759ee
        15 ItemValuesKey 640a1cb3d51b
        16 WindowedSumsKey ed9e40f76fb0
        17 ItemNumbersKey 5ecfadf85c93
        18 ItemValuesKey be097274b81e
        19 WindowedSumsKey 45be8e6eb467
        20 WindowedSumsKey 51ca4e1d6c57
        21 PriorKey e7e7ba7c94c2
        22 WindowedSumsKey 46a868667588
        23 ItemVectorsKey bb7f80ae0456
        24 ItemValuesKey 14bdb290e504
        25 ListedCountsKey ce3cda494587
        rows 859d7198f6f9
        Session 0 ItemHistoryKey b2c0a8bd4672
        Session 1 ItemHistoryKey a80454007519
        User 0 ItemHistoryKey 5a3a67176066
        User 1 ItemHistoryKey 59d1cc285cd5
        User 2 ItemHistoryKey 5a3a67176066
        User 3 EventHistoryKey 1295f32f2f1a
        User 4 ItemHistoryKey 1224be578bc4
        User 5 PersonTimesKey 15df0bc877af
        User 6 PersonBucketsKey 086db8e8125a
        User 7 PersonDecayKey 7721b232e7af
        User 8 ItemHistoryKey 1224be578bc4
        User 9 PersonBucketsKey 0c1173080d5e
        """;

    [Fact]
    public void The_same_facts_leave_the_bytes_that_were_written_down_for_the_fold_and_the_layout()
    {
        var actual = string.Join('\n', States().Concat(Persons()));
        Assert.True(
            (Version, Layout) == (FeatureSet.FoldVersion, FeatureSet.RowLayout) && actual == Golden.ReplaceLineEndings("\n"),
            "What states hold of the same facts has changed: old snapshots would be read as what they are not. Where values change, or a person's section lies otherwise, raise "
            + $"{nameof(FeatureSet)}.{nameof(FeatureSet.FoldVersion)}, now {FeatureSet.FoldVersion}: no decision of before can be built then. Where values stay and only rows or what stands "
            + $"beside them lies otherwise, raise {nameof(FeatureSet)}.{nameof(FeatureSet.RowLayout)} alone, now {FeatureSet.RowLayout}. Write down here what it is from then on:\n{actual}");
    }

    private static IEnumerable<string> States()
    {
        var folder = new FeatureFolder(KindSet.All, new FeatureOptions());
        foreach (var fact in Facts())
        {
            folder.Apply(fact);
        }

        var state = folder.State;
        for (var i = 0; i < state.States.Length; i++)
        {
            var bytes = new MemoryStream();
            var writer = new StateWriter(bytes);
            state.States[i].Image()(writer);
            for (var row = 0; row < state.Items.Count; row++)
            {
                writer.Sparse(state.States[i].Numbers(state.Context.Rows.Read(row)));
            }

            writer.Flush();
            yield return $"{i} {KindSet.All.States[i].GetType().Name} {Hash(bytes.ToArray())}";
        }

        // Where in a row they stand, too.
        var rows = new MemoryStream();
        var all = new StateWriter(rows);
        for (var row = 0; row < state.Items.Count; row++)
        {
            all.Sparse(state.Context.Rows.Read(row));
        }

        all.Flush();
        yield return $"rows {Hash(rows.ToArray())}";
    }

    private static IEnumerable<string> Persons()
    {
        var store = new EmbeddedPersonStore(KindSet.All.Persons, 1);
        foreach (var fact in Facts())
        {
            store.Observe(fact);
        }

        var read = new PersonBuffer();
        store.Read("default", "u1", "s1", read);
        return Enum.GetValues<PersonEntity>().SelectMany(of => KindSet.All.Persons.Keys(of).ToArray().Select((key, section) =>
            $"{of} {section} {key.GetType().Name} {Hash(read.Section(of, section).ToArray())}"));
    }

    /// <summary>Hides and conversions at the end, too, which no click follows.</summary>
    private static string EventOf(int i) => i >= Events - 12 ? (i % 2 == 0 ? "hide" : "conversion") : i % 4 == 0 ? "impression" : i % 11 == 0 ? "conversion" : "click";

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 6));

    private static IEnumerable<StoredFact> Facts()
    {
        var now = new UnixMicros(1_750_000_000_000_000);
        for (var i = 0; i < Items; i++)
        {
            yield return new StoredFact(new Position(JournalStream.Items, 0, i), new ItemChanged
            {
                Id = $"p{i}", Item = $"i{i}", Provider = $"p{i % 2}", Kind = "article", Published = now - TimeSpan.FromHours(i), Time = now, Received = now,
                Attributes = new ItemChanged { Id = "", Item = "", Time = now }.Attributes.Add("topic", [$"t{i % 3}"]).Add("title", [$"word{i} of word{i % 2}"]).Add("price", [$"{i}.5"])
                    .Add("embedding", [Convert.ToBase64String([1, 2, 3, (byte)i, 5, 6, 7, 8])]),
            });
        }

        for (var i = 0; i < Events; i++)
        {
            now += TimeSpan.FromSeconds(31);
            var money = i % 4 == 1;
            yield return new StoredFact(new Position(JournalStream.Events, 0, i), new Observed
            {
                Id = $"e{i}", Event = EventOf(i), Item = $"i{i * 7 % Items}", User = $"u{i % 3}", Session = $"s{i % 6}", Rank = 1 + (i % 5),
                Surface = i % 2 == 0 ? "home" : "search", Segment = $"g{i % 2}", Slot = $"slot{i % 2}", Unit = money ? "EUR" : "s", ValueMicros = 1_500_000 * i, Received = now,
                Context = FactContext.None.Add("country", i % 2 == 0 ? "de" : "fr"), Time = now - TimeSpan.FromMinutes(i % 6),
            });
        }
    }
}
