using CsCheck;
using Millrace.Features.Numerics;

namespace Millrace.Tests.Features.Numerics;

public sealed class OrdinalOrderTests
{
    // Ends, zeros, what nine bits just hold and just do not, surrogates; few, so that many begin alike.
    private static readonly Gen<string> Ids = Of('a', 'b', '\0', 'ÿ', '\u01fe', '\u01ff', '\u0200', '\uffff', '\ud800').Array[0, 20].Select(characters => new string(characters));

    private static readonly Gen<string> Plain = Gen.Select(Of("", "article-", "article-2026-"), Gen.Int[0, 2_000], (head, number) => $"{head}{number}");

    [Fact]
    public void Ids_come_in_ordinal_order() => Gen.OneOf(Ids, Plain).Array[0, 60].Sample(given =>
    {
        string[] ids = [.. given.Distinct()];
        int[] items = [.. Enumerable.Range(0, ids.Length)];
        OrdinalOrder.SortRuns(new ulong[ids.Length], items, new Listed(ids));
        Assert.Equal(ids.Order(StringComparer.Ordinal), items.Select(item => ids[item]));
    });

    [Fact]
    public void Only_runs_of_equal_keys_are_sorted() => Gen.Select(Plain, Gen.ULong[0, 5]).Array[0, 60].Sample(given =>
    {
        (string Id, ulong Key)[] all = [.. given.DistinctBy(item => item.Item1).OrderBy(item => item.Item2)];
        int[] items = [.. Enumerable.Range(0, all.Length)];
        ulong[] keys = [.. all.Select(item => item.Key)];
        OrdinalOrder.SortRuns(keys, items, new Listed([.. all.Select(item => item.Id)]));
        Assert.Equal(all.OrderBy(item => item.Key).ThenBy(item => item.Id, StringComparer.Ordinal).Select(item => item.Id), items.Select(item => all[item].Id));
    });

    private static Gen<T> Of<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(at => values[at]);

    private readonly struct Listed(string[] ids) : IIds
    {
        public string this[int item] => ids[item];
    }
}
