using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Millrace.Decisions.Candidates.Vectors;

/// <summary>Finds the nearest rows: estimates from codes for the lists looked at, and for those within the codes' error of the best, the similarities of the vectors themselves.</summary>
internal static class VectorSearch<TLanes, TFilter>
    where TLanes : struct, ICodeLanes
    where TFilter : IRowFilter
{
    private const int Buckets = 512;

    // Lists are looked at by mean plus so many deviations: about where the best of a list of a thousand rows is.
    private const float Deviations = 2.5f;
    private const int LeastProbes = 4;

    // When an eighth of the lists was looked at and held less than a quarter of the answer, those of which a sample has allowed rows come first: the query is far from what is allowed.
    private const int PartBeforeSorting = 8;
    private const int PartFound = 4;

    // A list that is expected to hold less than this of the answer is not worth a sample.
    private const float Negligible = 0.1f;

    /// <summary>Looks at every row of the lists; nothing is missed when <paramref name="slack"/> is twice the most that an estimate can be wrong.</summary>
    internal static void All(Partition partition, VectorScratch scratch, TFilter filter, int take, float slack)
    {
        NearestCollector nearest = scratch.Nearest;
        nearest.Begin(take, slack);
        foreach (PostingList list in partition.Lists)
        {
            if (filter.IsOver) break;
            Scan(list, scratch, filter, nearest);
        }

        nearest.Settle();
        scratch.Probed = partition.Count;
    }

    /// <summary>
    /// Looks at lists in the order of what they promise, until the others are expected to hold less than <paramref name="missed"/> rows of the answer: by the filter's share of all rows,
    /// and by its share of each of these lists.
    /// </summary>
    /// <param name="partition">The lists.</param>
    /// <param name="scratch">Has the query.</param>
    /// <param name="filter">Which rows count.</param>
    /// <param name="take">Rows wanted.</param>
    /// <param name="slack">How far below the last of the best an estimate may be.</param>
    /// <param name="missed">In rows that the filter allows.</param>
    /// <param name="all">How many rows there are.</param>
    internal static void Probe(Partition partition, VectorScratch scratch, TFilter filter, int take, float slack, float missed, int all)
    {
        int count = partition.Count;
        Span<float> means = scratch.Means(count);
        Span<float> deviations = scratch.Deviations(count);
        partition.Expect<TLanes>(scratch, means, deviations);
        Span<int> order = scratch.Order(count);
        Sort(means, deviations, order);
        NearestCollector nearest = scratch.Nearest;
        nearest.Begin(take, slack);
        var sample = new ListSample<TFilter>(partition.Lists, scratch.Shares(count), filter);

        // To ask a bitmap costs a tenth of an estimate, to ask any other filter many times as much.
        bool asksFirst = filter.Count is not null;
        int check = LeastProbes;
        int probed = 0;
        int sort = count / PartBeforeSorting;
        while (probed < count && !filter.IsOver)
        {
            int list = order[probed++];
            if (asksFirst && sample.IsEmpty(list)) ScanAllowed(partition.Lists[list], scratch, filter, nearest);
            else Scan(partition.Lists[list], scratch, filter, nearest);
            if (probed < check) continue;
            float last = nearest.Settle();
            float share = filter.Share(all);
            float bound = missed / share;
            if (Expected(partition.Lists, order[probed..], means, deviations, last, bound) < bound
                && (share == 1 || ExpectedAllowed(partition.Lists, order[probed..], means, deviations, last, sample, share, missed) < missed)) break;
            check = probed + 1 + (probed / 5);
            if (share == 1 || probed < sort) continue;
            if (nearest.Count < take / PartFound) PutAllowedFirst(order[probed..], sample, scratch);
            sort = count;
        }

        nearest.Settle();
        scratch.Probed = probed;
    }

    /// <summary>Rows above <paramref name="similarity"/> that the lists are expected to hold, each taken for normal; counted up to <paramref name="enough"/>.</summary>
    private static float Expected(
        ReadOnlySpan<PostingList> lists, ReadOnlySpan<int> order, ReadOnlySpan<float> means, ReadOnlySpan<float> deviations, float similarity, float enough)
    {
        float sum = 0;
        foreach (int list in order)
        {
            sum += lists[list].Live * NormalTail.Of((similarity - means[list]) / deviations[list]);
            if (sum >= enough) break;
        }

        return sum;
    }

    /// <summary>As <see cref="Expected"/>, of rows that the filter allows.</summary>
    private static float ExpectedAllowed(
        ReadOnlySpan<PostingList> lists,
        ReadOnlySpan<int> order,
        ReadOnlySpan<float> means,
        ReadOnlySpan<float> deviations,
        float similarity,
        ListSample<TFilter> sample,
        float share,
        float enough)
    {
        float sum = 0;
        foreach (int list in order)
        {
            float rows = lists[list].Live * NormalTail.Of((similarity - means[list]) / deviations[list]);
            sum += rows * (rows < Negligible ? share : sample.Of(list, share));
            if (sum >= enough) break;
        }

        return sum;
    }

    // Where the query is far from all that is allowed, and time may end before the lists do.
    private static void PutAllowedFirst(Span<int> order, ListSample<TFilter> sample, VectorScratch scratch)
    {
        Span<int> later = scratch.Rows(order.Length);
        int first = 0;
        int others = 0;
        foreach (int list in order)
        {
            if (sample.IsEmpty(list)) later[others++] = list;
            else order[first++] = list;
        }

        later[..others].CopyTo(order[first..]);
    }

    // A counting sort into buckets, best first; within a bucket by number, so that the order is the same on every machine.
    private static void Sort(ReadOnlySpan<float> means, ReadOnlySpan<float> deviations, Span<int> order)
    {
        float least = float.PositiveInfinity;
        float most = float.NegativeInfinity;
        for (int i = 0; i < order.Length; i++)
        {
            float key = means[i] + (Deviations * deviations[i]);
            least = MathF.Min(least, key);
            most = MathF.Max(most, key);
        }

        float scale = most > least ? (Buckets - 1) / (most - least) : 0;
        Span<int> starts = stackalloc int[Buckets + 1];
        starts.Clear();
        for (int i = 0; i < order.Length; i++) starts[BucketOf(i, means, deviations) + 1]++;
        for (int i = 1; i <= Buckets; i++) starts[i] += starts[i - 1];
        for (int i = 0; i < order.Length; i++) order[starts[BucketOf(i, means, deviations)]++] = i;

        int BucketOf(int list, ReadOnlySpan<float> means, ReadOnlySpan<float> deviations) =>
            Math.Clamp((int)((most - (means[list] + (Deviations * deviations[list]))) * scale), 0, Buckets - 1);
    }

    // Estimates only blocks that have allowed rows.
    private static void ScanAllowed(PostingList list, VectorScratch scratch, TFilter filter, NearestCollector nearest)
    {
        int count = list.Count;
        ReadOnlySpan<PostingChunk> chunks = list.Chunks;
        for (int first = 0; first < count; first += CodeBlock.Rows)
        {
            PostingChunk chunk = chunks[first / PostingChunk.Rows];
            int within = first % PostingChunk.Rows;
            int rows = Math.Min(CodeBlock.Rows, count - first);
            if (!HasAllowed(chunk.Of.AsSpan(within, rows), filter)) continue;
            scratch.Scanned += rows;
            Scan(chunk, within, within + rows, scratch, filter, nearest);
        }
    }

    private static bool HasAllowed(ReadOnlySpan<int> rows, TFilter filter)
    {
        foreach (ref readonly int at in rows)
        {
            int row = Volatile.Read(in at);
            if (row != PostingList.None && filter.Allows(row)) return true;
        }

        return false;
    }

    private static void Scan(PostingList list, VectorScratch scratch, TFilter filter, NearestCollector nearest)
    {
        int count = list.Count;
        ReadOnlySpan<PostingChunk> chunks = list.Chunks;
        scratch.Scanned += count;
        for (int first = 0, chunk = 0; first < count; first += PostingChunk.Rows, chunk++)
        {
            Scan(chunks[chunk], 0, Math.Min(PostingChunk.Rows, count - first), scratch, filter, nearest);
        }
    }

    private static void Scan(PostingChunk chunk, int from, int count, VectorScratch scratch, TFilter filter, NearestCollector nearest)
    {
        Span<float> estimates = stackalloc float[CodeBlock.Rows];
        Vector256<int> offset = Vector256.Create(scratch.Offset);
        Vector256<float> scale = Vector256.Create(scratch.Scale);
        ref int words = ref scratch.Words;
        int groups = scratch.Groups;
        nint blockBytes = groups * 64;
        ref byte codes = ref Unsafe.Add(ref chunk.Codes, from / CodeBlock.Rows * blockBytes);
        ref float scales = ref chunk.Scales[0];
        int[] rows = chunk.Of;
        for (int first = from; first < count; first += CodeBlock.Rows)
        {
            var (low, high) = TLanes.Dot(ref codes, ref words, groups);
            codes = ref Unsafe.Add(ref codes, blockBytes);
            Vector256<float> lowEstimates = Vector256.ConvertToSingle(low - offset) * Vector256.LoadUnsafe(ref scales, (nuint)first) * scale;
            Vector256<float> highEstimates = Vector256.ConvertToSingle(high - offset) * Vector256.LoadUnsafe(ref scales, (nuint)first + 8) * scale;
            Vector256<float> threshold = Vector256.Create(nearest.Threshold);
            uint above = Vector256.GreaterThanOrEqual(lowEstimates, threshold).ExtractMostSignificantBits()
                | (Vector256.GreaterThanOrEqual(highEstimates, threshold).ExtractMostSignificantBits() << 8);
            if (count - first < CodeBlock.Rows) above &= (1u << (count - first)) - 1;
            if (above == 0) continue;
            lowEstimates.CopyTo(estimates);
            highEstimates.CopyTo(estimates[8..]);
            for (; above != 0; above &= above - 1)
            {
                int lane = System.Numerics.BitOperations.TrailingZeroCount(above);
                int row = Volatile.Read(ref rows[first + lane]);
                if (row != PostingList.None && filter.Allows(row)) nearest.Offer(row, estimates[lane]);
            }
        }
    }
}
