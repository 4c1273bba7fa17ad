using CsCheck;
using Millrace.Features.Online;
using Xunit;

namespace Millrace.Tests.Features;

public sealed class BucketEntriesTests
{
    [Fact]
    public void Entries_of_whole_numbers_are_merged_as_a_dictionary_would() => Merges(Gen.Int, Gen.Int[0, 3_000]);

    [Fact]
    public void Entries_of_long_numbers_are_merged_as_a_dictionary_would() =>
        Merges(Gen.Long, Gen.Select(Gen.Int[0, 200], Gen.Int[0, 200]).Select((from, to) => ((long)from << 32) | (uint)to));

    [Fact]
    public void Entries_of_values_are_merged_as_a_dictionary_would() =>
        Merges(
            Gen.Select(Gen.ULong, Gen.Int[0, int.MaxValue]).Select((value, row) => new CrossKey(value, row)),
            Gen.Select(Gen.ULong[0, 3], Gen.Int[0, 300]).Select((value, row) => new CrossKey(value, row)));

    private static void Merges<TKey>(Gen<TKey> any, Gen<TKey> close)
        where TKey : struct, IComparable<TKey>, IEquatable<TKey> =>
        Gen.OneOf(any.Array[0, 2_000], close.Array[0, 2_000]).SelectMany(keys => Gen.Int[0, keys.Length].Select(sorted => (keys, sorted))).Sample(
            (keys, sorted) =>
            {
                BucketEntry<TKey>[] entries = [.. keys.Select((key, i) => new BucketEntry<TKey> { Key = key, Times = 1 + (i % 3), Amount = i - 7 })];
                var expected = entries.GroupBy(entry => entry.Key).OrderBy(group => group.Key)
                    .Select(group => (group.Key, group.Sum(entry => entry.Times), group.Sum(entry => entry.Amount))).ToArray();

                sorted = BucketEntries.Merge(entries.AsSpan(0, sorted), 0) is var left && left < sorted ? Close(ref entries, left, sorted) : sorted;
                var count = BucketEntries.Merge<TKey>(entries, sorted);

                Assert.Equal(expected, entries.Take(count).Select(entry => (entry.Key, entry.Times, entry.Amount)));
            },
            iter: 60);

    private static int Close<TKey>(ref BucketEntry<TKey>[] entries, int from, int to)
        where TKey : struct, IComparable<TKey>
    {
        entries = [.. entries[..from], .. entries[to..]];
        return from;
    }
}
