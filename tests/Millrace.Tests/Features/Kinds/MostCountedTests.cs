using Millrace.Features.Definitions;
using Millrace.Features.Images;
using Millrace.Features.Numerics;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Tests.Features.Kinds;

/// <summary>A count stands in a cell of an item's row, and ends where that does.</summary>
public sealed class MostCountedTests
{
    private static readonly TimeSpan Window = TimeSpan.FromHours(1);

    public static TheoryData<string> Kinds => ["counts", "sums", "crosses"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void An_event_beyond_the_bound_is_refused_and_counted_until_some_have_left(string kind)
    {
        var (state, context) = Alone(KeyOf(kind), mostCounted: 3);
        for (var i = 0; i < 5; i++)
        {
            Click(state, context, minute: i);
        }

        Assert.Equal((3u, 2L, false), (context.Rows.Read(0).Cells()[state.Front], context.Counts.CountsRefused, context.Counts.Whole));

        // The ring took back what it had taken, and no more.
        state.Advance(Minutes(61));
        Assert.Equal(1u, context.Rows.Read(0).Cells()[state.Front]);
        Click(state, context, minute: 61);
        state.Advance(Minutes(200));
        Assert.Equal((0u, 2L), (context.Rows.Read(0).Cells()[state.Front], context.Counts.CountsRefused));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_snapshot_that_says_more_than_the_bound_in_several_buckets_is_refused(string kind)
    {
        Assert.Equal((uint)int.MaxValue, Load(1).Rows.Read(0).Cells()[ItemCells]);
        foreach (var buckets in (int[])[2, 3, 4])
        {
            Assert.Contains("events of an item", Assert.Throws<InvalidDataException>(() => Load(buckets)).Message, StringComparison.Ordinal);
        }

        FoldContext Load(int buckets)
        {
            var key = KeyOf(kind);
            var (state, context) = Alone(key);
            context.LoadedRows = 1;
            state.Load(new StateReader(Forged(key, buckets)));
            return context;
        }
    }

    /// <summary>The first cell of a state that is alone.</summary>
    private static int ItemCells => Alone(KeyOf("counts")).State.Front;

    private static StateKey KeyOf(string kind) => kind switch
    {
        "counts" => new WindowedSumsKey("click", Window),
        "sums" => new WindowedSumsKey("click", Window, "s"),
        _ => new CrossedCountsKey("click", Window, "surface"),
    };

    /// <summary>A ring of which so many buckets say that item 0 had as many events as a number of 31 bits can.</summary>
    private static MemoryStream Forged(StateKey key, int buckets)
    {
        var bytes = new MemoryStream();
        var to = new StateWriter(bytes);
        to.Signed(1_000);
        for (var bucket = 0; bucket < (key is CrossedCountsKey ? CrossedCountsKey.Buckets : WindowedSumsKey.Buckets); bucket++)
        {
            to.Count(bucket < buckets ? 1 : 0);
            if (bucket < buckets)
            {
                if (key is CrossedCountsKey)
                {
                    to.Hash((ulong)bucket);
                }

                to.Count(0);
                to.Count(int.MaxValue);
                to.Signed(1);
            }
        }

        to.Flush();
        bytes.Position = 0;
        return bytes;
    }

    private static (ItemState State, FoldContext Context) Alone(StateKey key, int mostCounted = int.MaxValue)
    {
        var context = new FoldContext(new FeatureOptions(), new FoldCounts()) { MostCounted = mostCounted };
        var state = key.Create(context);
        context.Rows = new RowStore(RowCells.Lay([state]).Words);
        return (state, context);
    }

    private static void Click(ItemState state, FoldContext context, int minute)
    {
        state.Advance(Minutes(minute));
        var observed = new Observed { Id = $"e{minute}", Event = "click", Item = "i0", Surface = minute % 2 == 0 ? "a" : "b", ValueMicros = 7, Unit = "s", Time = new UnixMicros(Minutes(minute)) };
        state.Apply(new FoldedEvent { Fact = observed, Time = Minutes(minute), Item = ItemHash.Of(observed.Item), Row = 0 }, context.Rows.Edit(0));
    }

    private static long Minutes(int minutes) => 1_750_000_000_000_000 / 3_600_000_000 * 3_600_000_000 + (minutes * TimeSpan.MicrosecondsPerMinute);
}
