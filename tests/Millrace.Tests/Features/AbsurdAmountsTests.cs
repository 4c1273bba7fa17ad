using CsCheck;
using Millrace.Features.Definitions;
using Millrace.Features.Images;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Tests.Features.Kinds;

namespace Millrace.Tests.Features;

/// <summary>Sums of more than 64 bits hold stand at their end, are counted, and are right again when the absurd has left, in whatever order it came.</summary>
public sealed class AbsurdAmountsTests
{
    private const int Events = 10_000;

    private static readonly TimeSpan Window = TimeSpan.FromHours(1);
    private static readonly UnixMicros Begin = new(1_750_000_000_000_000);

    private static readonly FeatureSet Set = FeatureSet.Create(
    [
        new SumFeature("sum", "sale", "EUR", Window),
        new MeanFeature("mean", "sale", "EUR", Window),
        new DecayedSumFeature("fading", "sale", "EUR", TimeSpan.FromMinutes(5)),
        new PersonSumFeature("mine", FeatureEntity.User, "sale", "EUR", Window),
        new PersonDecayedFeature("mine_fading", FeatureEntity.User, "sale", TimeSpan.FromMinutes(5), "EUR"),
    ]);

    private static readonly Asker User = new("u1", "s1");

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public void A_sum_never_comes_out_at_the_other_end_and_heals(int sign)
    {
        var (run, time) = Begun();
        for (var i = 0; i < Events; i++)
        {
            run.Take(Sale(i, sign * long.MaxValue, time += TimeSpan.FromMilliseconds(100)));
        }

        var absurd = run.Read(run.Folder.Freeze(time), ["i0"], time, User)["i0"];
        Assert.All(absurd, feature => Assert.Equal(sign, Math.Sign(feature.Value)));
        Assert.InRange(Math.Abs(absurd["sum"]), 9.2e12f, 9.3e12f);
        Assert.Equal(Events * 1e11f, Math.Abs(absurd["mine"]));
        Assert.InRange(run.Folder.Counts.SumsCut, 1, 3 * Events);
        Assert.False(run.Folder.Counts.Whole);
        Assert.Equal("sums", InexactOf(run, "sum", time)?.Bound);
        Assert.Equal("sums", InexactOf(run, "fading", time)?.Bound);
        Assert.Equal("sums", InexactOf(run, "mine_fading", time)?.Bound);
        Assert.Null(InexactOf(run, "mine", time));
        AssertHealed(run, time + (2 * Window), Events);
    }

    [Fact]
    public void What_a_window_takes_back_is_what_was_added_whatever_the_signs()
    {
        // One bucket takes more than 64 bits hold of one sign, the next ones of the other, and all expire one after the other.
        var (run, time) = Begun();
        var (offset, sums) = (0L, new List<(UnixMicros Time, Int128 Sum)>());
        foreach (var sign in (int[])[-1, 1, 1, -1])
        {
            for (var i = 0; i < 300; i++)
            {
                run.Take(Sale(offset++, sign * Absurd, time));
            }

            sums.Add((time, sign * 300 * (Int128)Absurd));
            time += Window / 6;
        }

        for (var now = time; now < time + (2 * Window); now += Window / 12)
        {
            var read = run.Read(run.Folder.Freeze(now), ["i0"], now, User)["i0"];
            var item = sums.Where(one => Bucket(one.Time, 60) > Bucket(now, 60) - 60).Aggregate(Int128.Zero, (sum, one) => sum + one.Sum);
            var person = sums.Where(one => Bucket(one.Time, 24) > Bucket(now, 24) - 24).Aggregate(Int128.Zero, (sum, one) => sum + one.Sum);
            Assert.Equal((float)((double)Int128.Clamp(item, -long.MaxValue, long.MaxValue) / 1e6), read["sum"]);
            Assert.Equal((float)((double)person / 1e6), read["mine"]);
        }

        AssertHealed(run, time + (3 * Window), offset);
    }

    [Fact]
    public void Sums_of_both_signs_do_not_depend_on_how_partitions_are_interleaved() => Gen.Select(Gen.Int[-1, 1], Gen.Int[0, 40]).Array[200, 600].Sample(
        events =>
        {
            var ((one, time), (other, _)) = (Begun(), Begun());
            var facts = events.Select((e, i) => Sale(i, e.Item1 * Absurd, time + TimeSpan.FromMinutes(e.Item2), i % 2)).ToArray();
            one.Take(facts);
            other.Take(facts.Where(fact => fact.Position.Partition == 1).Concat(facts.Where(fact => fact.Position.Partition == 0)));
            for (var now = time + TimeSpan.FromMinutes(40); now < time + (3 * Window); now += Window / 7)
            {
                var (left, right) = (one.Read(one.Folder.Freeze(now), ["i0"], now, User)["i0"], other.Read(other.Folder.Freeze(now), ["i0"], now, User)["i0"]);
                Assert.Equal((left["sum"], left["mean"], left["mine"]), (right["sum"], right["mean"], right["mine"]));
            }
        },
        iter: 30);

    [Fact]
    public void An_image_holds_what_64_bits_do_not()
    {
        var (run, time) = Begun();
        for (var i = 0; i < 400; i++)
        {
            run.Take(Sale(i, Absurd, time += TimeSpan.FromSeconds(1)));
        }

        var (file, again) = (new MemoryStream(), new KindRun(Set));
        run.Folder.Image().Write(file);
        file.Position = 0;
        again.Folder.Adopt(FolderLoader.Load(file, Set, new FeatureOptions(), keys: null));
        AssertHealed(again, time + (2 * Window), 400);
    }

    private const long Absurd = 100_000_000_000_000_000;

    private static long Bucket(UnixMicros time, int buckets) => time.Value / (Window.Ticks / TimeSpan.TicksPerMicrosecond / buckets);

    private static (KindRun Run, UnixMicros Time) Begun() => (
        new KindRun(Set).Take(new StoredFact(new Position(JournalStream.Items, 0, 0), new ItemChanged { Id = "i", Item = "i0", Time = Begin, Received = Begin })), Begin);

    private static Inexactness? InexactOf(KindRun run, string name, UnixMicros time)
    {
        var feature = Set.Definitions[Set.IndexOf(name)];
        return Inexactness.Longest(run.Folder.InexactOf(feature, time, time), run.Persons.InexactOf(feature, Set, time, time));
    }

    private static void AssertHealed(KindRun run, UnixMicros time, long offset)
    {
        run.Take(Sale(offset, 3_000_000, time));
        var healed = run.Read(run.Folder.Freeze(time), ["i0"], time, User)["i0"];
        Assert.Equal((3, 3, 3), (healed["sum"], healed["mean"], healed["mine"]));
        Assert.InRange(healed["fading"], 2.99, 3.01);
        Assert.InRange(healed["mine_fading"], 2.99, 3.01);
        Assert.All(Set.Names, name => Assert.Null(InexactOf(run, name, time)));
    }

    private static StoredFact Sale(long offset, long micros, UnixMicros time, int partition = 0) => new(new Position(JournalStream.Events, partition, offset), new Observed
    {
        Id = $"e{offset}", Event = "sale", Item = "i0", User = "u1", Session = "s1", ValueMicros = micros, Unit = "EUR", Time = time, Received = time,
    });
}
