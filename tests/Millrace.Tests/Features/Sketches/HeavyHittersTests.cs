using CsCheck;
using Millrace.Features.Numerics;
using Millrace.Features.Sketches;

namespace Millrace.Tests.Features.Sketches;

public sealed class HeavyHittersTests
{
    private static readonly Gen<(ulong Key, long Count)[]> Stream =
        Gen.Select(Gen.OneOf(Gen.ULong, Gen.ULong[0, 20]), Gen.Frequency((9, Gen.Long[1, 3]), (1, Gen.Long[1, 1000]))).Array[0, 300];

    [Fact]
    public void Any_order_and_any_way_of_merging_give_the_same_bytes_and_the_same_keys() =>
        Gen.Select(Stream, Gen.ULong, Gen.Int[1, 4]).Sample((stream, seed, parts) =>
        {
            HeavyHitters expected = Of(stream);
            HeavyHitters[] sketches = [.. Enumerable.Range(0, parts).Select(_ => new HeavyHitters(3, 16))];
            foreach (var (key, count) in stream.OrderBy(added => StableHash.Mix(added.Key ^ seed)))
            {
                for (long i = 0; i < count; i++) sketches[StableHash.Mix((ulong)i + seed) % (ulong)parts].Add(key);
            }

            HeavyHitters merged = sketches[0].Copy();
            foreach (HeavyHitters sketch in sketches[1..]) merged.Merge(sketch);
            Assert.Equal(Bytes(expected), Bytes(merged));
            Assert.Equal(Top(expected, 10), Top(merged, 10));
        }, iter: 200);

    [Fact]
    public void What_is_taken_back_was_never_there() => Gen.Select(Stream, Stream).Sample((stays, leaves) =>
    {
        HeavyHitters sketch = Of([.. leaves, .. stays]);
        foreach (var (key, count) in leaves) sketch.Add(key, -count);
        Assert.Equal(Bytes(Of(stays)), Bytes(sketch));
    }, iter: 200);

    [Fact]
    public void No_count_is_too_low_and_the_order_is_by_count_then_key() => Stream.Sample(stream =>
    {
        HeavyHitters sketch = Of(stream);
        Assert.Equal(stream.Sum(added => added.Count), sketch.Total);
        foreach (var key in stream.GroupBy(added => added.Key)) Assert.True(sketch.Estimate(key.Key) >= key.Sum(added => added.Count));
        HeavyHitter[] all = Top(sketch, 100);
        Assert.Equal(all.OrderByDescending(hitter => hitter.Count).ThenBy(hitter => hitter.Key), all);
        Assert.Equal(all.Length, all.Select(hitter => hitter.Key).Distinct().Count());
        for (int most = 0; most < all.Length; most++) Assert.Equal(all[..most], Top(sketch, most));
    }, iter: 200);

    /// <summary>
    /// Zipf's law over 5,000 keys, 300 streams. Every key of 4·N/w should be told, but for 1 of 4^2; the counts should be above by less than 2·N/w, but for 1 of 2^2.
    /// </summary>
    [Fact]
    public void Frequent_keys_are_told_within_the_bounds_that_are_stated()
    {
        const int depth = 2;
        const int width = 32;
        (int frequent, int missed, int estimates, int above) = (0, 0, 0, 0);
        for (ulong seed = 0; seed < 300; seed++)
        {
            var sketch = new HeavyHitters(depth, width);
            var counts = Enumerable.Range(1, 5000).Select(rank => (Key: StableHash.Mix((seed << 32) + (ulong)rank), Count: 2000L / rank)).Where(key => key.Count > 0).ToArray();
            foreach (var (key, count) in counts) sketch.Add(key, count);
            Dictionary<ulong, long> told = Top(sketch, 100).ToDictionary(hitter => hitter.Key, hitter => hitter.Count);
            foreach (var (key, count) in counts)
            {
                if (count >= 4 * sketch.Total / width) (frequent, missed) = (frequent + 1, missed + (told.ContainsKey(key) ? 0 : 1));
                (estimates, above) = (estimates + 1, above + (sketch.Estimate(key) >= count + (2 * sketch.Total / width) ? 1 : 0));
            }
        }

        Assert.True(frequent >= 300, $"{frequent}");
        Assert.True(missed <= frequent / 16, $"{missed} of {frequent} frequent keys missed");
        Assert.True(above <= estimates / 4, $"{above} of {estimates} estimates too high");
    }

    [Fact]
    public void What_is_written_is_read_again_and_other_bytes_are_refused() => Gen.Select(Stream, Gen.Int[0, 100_000], Gen.Byte).Sample((stream, at, with) =>
    {
        HeavyHitters sketch = Of(stream);
        byte[] bytes = Bytes(sketch);
        HeavyHitters read = HeavyHitters.Read(bytes)!;
        Assert.Equal(bytes, Bytes(read));
        Assert.Equal(sketch.Total, read.Total);
        Assert.Null(HeavyHitters.Read(bytes.AsSpan(0, at % bytes.Length)));
        Assert.Null(HeavyHitters.Read([.. bytes, with]));
        bytes[at % 11] ^= (byte)(with | 1);
        Assert.Null(HeavyHitters.Read(bytes));
    }, iter: 200);

    private static HeavyHitters Of((ulong Key, long Count)[] stream)
    {
        var sketch = new HeavyHitters(3, 16);
        foreach (var (key, count) in stream) sketch.Add(key, count);
        return sketch;
    }

    private static HeavyHitter[] Top(HeavyHitters sketch, int most)
    {
        var best = new HeavyHitter[most];
        return best[..sketch.Top(best)];
    }

    private static byte[] Bytes(HeavyHitters sketch)
    {
        var bytes = new byte[sketch.ByteLength];
        sketch.Write(bytes);
        return bytes;
    }
}
