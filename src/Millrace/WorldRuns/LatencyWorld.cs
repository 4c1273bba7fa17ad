using Millrace.Features.Numerics;
using Millrace.Learning.Training;
using Millrace.World;

namespace Millrace.WorldRuns;

/// <summary>
/// A log of slates in random order in which bodies not yet cached arrive 300 ms later, new items are seldom cached, and whoever waits clicks less. New items are as good as others: a model that
/// does not know of the wait takes them for worse.
/// </summary>
/// <param name="seed">All follows from it.</param>
internal sealed class LatencyWorld(ulong seed)
{
    internal const int Candidates = 20;
    internal const int Shown = 10;
    internal static readonly string[] Features = ["affinity", "age_hours", "noise", "quality"];
    private static readonly Patience Patience = new() { Tolerance = TimeSpan.FromMilliseconds(500) };
    private const ulong Unseen = 1UL << 40;
    private const double FetchMs = 300;
    private const double NewShare = 0.25;
    private const float NewHours = 2;
    private const double NewCached = 0.2;
    private const double OldCached = 0.95;

    /// <summary>What became of so many slates, and what had become of them if all bodies had been cached.</summary>
    internal (ArrayExamples Logged, ArrayExamples Cached) Log(int decisions)
    {
        var rows = decisions * Shown;
        var (matrix, clicks, ideal, hits, waits) = (new float[rows * Features.Length], new float[rows], new float[rows], new float[rows], new float[rows]);
        var ranks = new int[rows];
        for (var place = 0; place < rows; place++)
        {
            var (decision, slot) = ((ulong)(place / Shown), place % Shown);
            var item = matrix.AsSpan(place * Features.Length, Features.Length);
            Item(decision, slot, item);
            var hit = Unit(decision, slot, 10) < (IsNew(item) ? NewCached : OldCached);
            var quick = 10 + (40 * Unit(decision, slot, 11));
            var wait = hit ? quick : quick + FetchMs;
            var (draw, looked) = (Unit(decision, slot, 12), Unit(decision, slot, 13) < PositionWorld.Page.Examination(slot));
            (hits[place], waits[place], ranks[place]) = (hit ? 1 : 0, (float)wait, slot + 1);
            clicks[place] = looked && draw < Attraction(item) * Patience.Share(TimeSpan.FromMilliseconds(wait)) ? 1 : 0;
            ideal[place] = looked && draw < Attraction(item) * Patience.Share(TimeSpan.FromMilliseconds(quick)) ? 1 : 0;
        }

        var logged = ArrayExamples.Of([.. Features], matrix, clicks, Enumerable.Repeat(Shown, decisions)).With(whole => whole with { Ranks = ranks, Hits = hits, FirstByteMillis = waits });
        return (logged, logged.With(whole => whole with { Labels = ideal }));
    }

    /// <summary>The candidates of a decision that no log holds.</summary>
    internal void Later(int decision, Span<float> rows)
    {
        for (var slot = 0; slot < Candidates; slot++)
        {
            Item(Unseen + (ulong)decision, slot, rows.Slice(slot * Features.Length, Features.Length));
        }
    }

    internal static bool IsNew(ReadOnlySpan<float> item) => item[1] < NewHours;

    private void Item(ulong decision, int slot, Span<float> item)
    {
        item[0] = (float)Unit(decision, slot, 0);
        item[1] = (float)(Unit(decision, slot, 1) is var age && age < NewShare ? age / NewShare * NewHours : NewHours + ((age - NewShare) / (1 - NewShare) * 70));
        item[2] = (float)Unit(decision, slot, 2);
        item[3] = (float)Unit(decision, slot, 3);
    }

    private static double Attraction(ReadOnlySpan<float> item) => 0.01 + (0.4 / (1 + Math.Exp(-4 * (item[0] + item[3] - 1.2))));

    private double Unit(ulong decision, int slot, int draw) => Philox.ToUnit(Philox.Draw(seed, decision, (ulong)((slot * 100) + draw)).First);
}
