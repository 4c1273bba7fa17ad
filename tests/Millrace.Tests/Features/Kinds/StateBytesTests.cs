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
/// A snapshot is believed by its fingerprint, and <see cref="FeatureSet.FoldVersion"/> is all of the fingerprint that says how code folds: what the same facts leave behind is
/// written down here for the version.
/// </summary>
public sealed class StateBytesTests
{
    private const int Version = 2;

    private const string Golden = """
        0 CrossedCountsKey 210edffd435d
        1 CrossedCountsKey f549ef7fa0ab
        2 WindowedSumsKey 50171dcb3450
        3 CrossedCountsKey 60d67cbd48c7
        4 CrossedCountsKey b29b2c92051a
        5 SessionPairsKey 2bb63d76ddf7
        6 DecayedSumsKey 13c884507fcc
        7 DistinctCountsKey dd728d5f6d56
        8 ItemVectorsKey 837885c8f809
        9 FirstTimesKey 7fde6b83e2cf
        10 ItemEqualsKey 2bdded2a2f52
        11 LastTimesKey 5bbdeffc7cae
        12 LastTimesKey 5bbdeffc7cae
        13 ItemValuesKey 65ad9814c5ec
        14 WindowedSumsKey bb1cd7b51ff3
        15 ItemNumbersKey cbb9b97db9f0
        16 ItemValuesKey 02b1048c8a0b
        17 WindowedSumsKey 35790ffbca32
        18 WindowedSumsKey 3c5ac0581a6d
        19 WindowedSumsKey c314f77d269a
        20 PriorKey 01d448afd928
        21 WindowedSumsKey c143cce47cdc
        22 ItemVectorsKey 0174e6fe7a14
        23 ItemValuesKey 476ac4cf1744
        24 ListedCountsKey fe0c4cff83b0
        rows 8dc72503c00c
        Session 0 ItemHistoryKey 1be1ec111e6e
        Session 1 ItemHistoryKey 1be1ec111e6e
        User 0 ItemHistoryKey 1be1ec111e6e
        User 1 ItemHistoryKey 1be1ec111e6e
        User 2 ItemHistoryKey 1be1ec111e6e
        User 3 EventHistoryKey fd9b209a9df8
        User 4 ItemHistoryKey 1be1ec111e6e
        User 5 PersonTimesKey b19907dfff28
        User 6 PersonBucketsKey b9b38d56976b
        User 7 PersonDecayKey 0e150ad4aeff
        User 8 ItemHistoryKey 1be1ec111e6e
        User 9 PersonBucketsKey 82be15f1d8d1
        """;

    [Fact]
    public void The_same_facts_leave_the_bytes_that_were_written_down_for_the_fold_version()
    {
        var actual = string.Join('\n', States().Concat(Persons()));
        Assert.True(
            Version == FeatureSet.FoldVersion && actual == Golden.ReplaceLineEndings("\n"),
            $"What states hold of the same facts has changed: old snapshots would be read as what they are not. Raise {nameof(FeatureSet)}.{nameof(FeatureSet.FoldVersion)}, "
            + $"now {FeatureSet.FoldVersion}, and write down here what it is from then on:\n{actual}");
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

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 6));

    private static IEnumerable<StoredFact> Facts()
    {
        var now = new UnixMicros(1_750_000_000_000_000);
        for (var i = 0; i < 7; i++)
        {
            yield return new StoredFact(new Position(JournalStream.Items, 0, i), new ItemChanged
            {
                Id = $"p{i}", Item = $"i{i}", Provider = $"p{i % 2}", Kind = "article", Published = now - TimeSpan.FromHours(i), Time = now, Received = now,
                Attributes = new ItemChanged { Id = "", Item = "", Time = now }.Attributes.Add("topic", [$"t{i % 3}"]).Add("title", [$"word{i} of word{i % 2}"]).Add("price", [$"{i}.5"])
                    .Add("embedding", [Convert.ToBase64String([1, 2, 3, (byte)i, 5, 6, 7, 8])]),
            });
        }

        for (var i = 0; i < 120; i++)
        {
            now += TimeSpan.FromSeconds(97);
            var money = i % 4 == 1;
            yield return new StoredFact(new Position(JournalStream.Events, 0, i), new Observed
            {
                Id = $"e{i}", Event = i % 4 == 0 ? "impression" : i % 11 == 0 ? "conversion" : "click", Item = $"i{i * 5 % 7}", User = $"u{i % 3}", Session = $"s{i % 3}", Rank = 1 + (i % 5),
                Surface = i % 2 == 0 ? "home" : "search", Segment = $"g{i % 2}", Slot = $"slot{i % 2}", Unit = money ? "EUR" : "s", ValueMicros = 1_500_000 * i, Received = now,
                Context = FactContext.None.Add("country", i % 2 == 0 ? "de" : "fr"), Time = now - TimeSpan.FromMinutes(i % 6),
            });
        }
    }
}
