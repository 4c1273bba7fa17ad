using System.Collections.Immutable;
using CsCheck;
using Millrace.Features.Expressions;

namespace Millrace.Tests.Features.Expressions;

public sealed class DependencyCyclesTests
{
    private static readonly string[] Names = ["a", "b", "c", "d", "e"];

    [Fact]
    public void Cycles_are_those_that_trying_all_orders_finds() => Gen.Int[0, (1 << 25) - 1].Sample(edges =>
    {
        bool Reads(int from, int to) => ((edges >> ((5 * from) + to)) & 1) != 0;
        var nodes = Names.Select((name, from) => (name, Names.Where((_, to) => Reads(from, to)).Append("nobody").ToImmutableArray())).Reverse();
        var expected = Paths([], 5)
            .Where(path => path.Length > 0 && path[0] == path.Min() && path.Select((from, i) => Reads(from, path[(i + 1) % path.Length])).All(reads => reads))
            .Select(path => string.Concat(path.Select(node => Names[node]))).Order(StringComparer.Ordinal);
        Assert.Equal(expected, DependencyCycles.Find(nodes, int.MaxValue).Select(cycle => string.Concat(cycle)));
    });

    [Fact]
    public void The_number_of_cycles_is_bounded_where_there_are_too_many_to_count()
    {
        ImmutableArray<string> all = [.. Enumerable.Range(0, 60).Select(i => $"f{i:00}")];
        Assert.Equal(100, DependencyCycles.Find(all.Select(name => (name, all))).Distinct().Count());
    }

    [Fact]
    public void A_long_chain_is_no_cycle_until_it_is_closed()
    {
        var chain = Enumerable.Range(0, 2000).Select(i => ($"f{i:0000}", ImmutableArray.Create($"f{i + 1:0000}")));
        Assert.Empty(DependencyCycles.Find(chain));
        Assert.Equal(2001, Assert.Single(DependencyCycles.Find(chain.Append(("f2000", ["f0000"])))).Length);
    }

    [Fact]
    public void A_name_given_twice_reads_what_either_reads() =>
        Assert.Equal(["a", "b"], Assert.Single(DependencyCycles.Find([("a", ["c"]), ("a", ["b"]), ("b", ["a"]), ("c", [])])));

    private static IEnumerable<int[]> Paths(int[] path, int nodes) =>
        Enumerable.Range(0, nodes).Where(node => !path.Contains(node)).SelectMany(node => Paths([.. path, node], nodes)).Prepend(path);
}
