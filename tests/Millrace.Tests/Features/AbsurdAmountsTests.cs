using Millrace.Features.Definitions;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Tests.Features.Kinds;

namespace Millrace.Tests.Features;

/// <summary>Sums of more than 64 bits hold stand at their end, are counted, and are right again when the absurd has left.</summary>
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
        var run = new KindRun(Set);
        var time = Begin;
        run.Take(new StoredFact(new Position(JournalStream.Items, 0, 0), new ItemChanged { Id = "i", Item = "i0", Time = time, Received = time }));
        for (var i = 0; i < Events; i++)
        {
            run.Take(Sale(i, sign * long.MaxValue, time += TimeSpan.FromMilliseconds(100)));
        }

        var absurd = run.Read(run.Folder.Freeze(time), ["i0"], time, User)["i0"];
        Assert.All(absurd, feature => Assert.Equal(sign, Math.Sign(feature.Value)));
        Assert.InRange(Math.Abs(absurd["sum"]), 4e12, 5e12);
        Assert.InRange(run.Folder.Counts.SumsCut, 1, 2 * Events);
        Assert.False(run.Folder.Counts.Whole);
        Assert.Equal("sums", run.Folder.InexactOf(Set.Definitions[Set.IndexOf("sum")], time)?.Bound);

        time += 2 * Window;
        run.Take(Sale(Events, 3_000_000, time));
        var healed = run.Read(run.Folder.Freeze(time), ["i0"], time, User)["i0"];
        Assert.Equal((3, 3, 3), (healed["sum"], healed["mean"], healed["mine"]));
        Assert.InRange(healed["fading"], 2.99, 3.01);
        Assert.InRange(healed["mine_fading"], 2.99, 3.01);
        Assert.All(Set.Definitions, feature => Assert.Null(run.Folder.InexactOf(feature, time)));
    }

    private static StoredFact Sale(long offset, long micros, UnixMicros time) => new(new Position(JournalStream.Events, 0, offset), new Observed
    {
        Id = $"e{offset}", Event = "sale", Item = "i0", User = "u1", Session = "s1", ValueMicros = micros, Unit = "EUR", Time = time, Received = time,
    });
}
