using CsCheck;
using Millrace.Features.Definitions;
using Millrace.Features.Images;
using Millrace.Features.Local;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Tests.Features.Kinds;
using static Millrace.Tests.Features.Images.Imaged;

namespace Millrace.Tests.Features.Images;

/// <summary>What features read before a snapshot is written and after it is loaded.</summary>
public sealed class ServedImageTests
{
    /// <summary>Of every kind of feature, whatever is served: at once, when windows have passed by a part, by all, and when more was folded.</summary>
    [Fact]
    public void What_was_loaded_is_served_as_what_was_saved_bit_for_bit() => Gen.Select(FoldedHistory.Facts, Gen.Int[0, 100], Gen.Int[0, 1500]).Sample(
        (facts, percent, minutes) =>
        {
            using var keys = KeysOf(facts);
            var options = new FeatureOptions { SnapshotSecret = new byte[] { 7 } };
            var cut = facts.Length * percent / 100;
            var folder = new FeatureFolder(KindSet.All, options, keys);
            Array.ForEach(facts[..cut], fact => folder.Apply(fact));
            var time = facts[..cut].Select(fact => fact.Fact.Received).DefaultIfEmpty().Max();
            folder.Freeze(time);
            var loaded = new FeatureFolder(KindSet.All, options, keys);
            loaded.Adopt(FolderLoader.Load(Written(folder.Image()), KindSet.All, options, keys));
            Same(time);
            Same(time + TimeSpan.FromMinutes(minutes));
            var last = facts.Max(fact => fact.Fact.Received);
            foreach (var fact in facts[cut..])
            {
                folder.Apply(fact);
                loaded.Apply(fact);
            }

            Same(last);
            Same(last + TimeSpan.FromDays(2));

            void Same(UnixMicros at)
            {
                var (first, second) = (folder.Freeze(at), loaded.Freeze(at));
                Assert.Equal(Matrix(first), Matrix(second));
                Assert.Equal(first.Canonical(), second.Canonical());
            }
        });

    private static int[] Matrix(FeatureSnapshot snapshot)
    {
        int[] rows = [.. Enumerable.Range(0, FoldedHistory.Items).Select(item => snapshot.RowOf($"i{item}"))];
        var person = new PersonBuffer();
        new EmbeddedPersonStore(KindSet.All.Persons, 1).Read("default", null, null, person);
        string[] names = [.. KindSet.All.Names];
        var matrix = new float[rows.Length * names.Length];
        var inputs = new ReadInputs
        {
            Snapshot = snapshot, Rows = rows, Person = person, Asked = snapshot.Time, Context = FactContext.None.Add("country", "c1").Add("kind", "k1"), Surface = "f1", Segment = "g1", Slot = "1",
        };
        new ReadPlan(KindSet.All, names).Run(inputs, new ReadScratch(), matrix);
        return [.. matrix.Select(BitConverter.SingleToInt32Bits)];
    }
}
