using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Millrace.Decisions.Ladder;
using Millrace.Decisions.Reranking;
using Millrace.Features.Catalogue;
using Millrace.Journal;
using Millrace.Models.Policies;

namespace Millrace.Tests.Decisions.Slates;

/// <summary>What a workspace keeps of the attributes that slates read: numbers, and no more of them than one decision wants.</summary>
public sealed class SlateInputsTests
{
    private static readonly Policy Plain = new() { Name = "plain" };

    private readonly SlateInputs _inputs = new();

    [Fact]
    public void Groups_go_by_the_first_value_and_quotas_by_any()
    {
        Policy policy = Plain with
        {
            AtMost = Plain.AtMost.Add("topic", 1),
            AtLeast = [new Quota { Attribute = "topic", Value = "b", Least = 1 }, new Quota { Fresh = TimeSpan.FromSeconds(1), Least = 1 }, new Quota { Attribute = "kind", Value = "k", Least = 1 }],
        };
        CatalogueItem?[] items = [Item("a", "b"), Item("b"), null, Item(), Item("a") with { Kind = "k" }, Item("", "b")];
        Read(policy, null, items);
        Assert.Equal([0, 1, -1, -1, 0, -1], _inputs.Groups("topic").ToArray());
        Assert.Equal([3, 3, 0, 2, 6, 3], _inputs.Quotas.ToArray());
    }

    [Fact]
    public void What_requests_name_does_not_stay_behind()
    {
        CatalogueItem[] items = [.. Enumerable.Range(0, 1_000).Select(i => Item($"t{i % 7}"))];
        SlateConstraints[] asked = [.. Enumerable.Range(0, 300).Select(i => new SlateConstraints(Plain.AtMost.Add($"a{i}", 1), [new Quota { Attribute = $"b{i}", Value = "v", Least = 1 }]))];
        Read(Plain, asked[0], items);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 1; i < asked.Length; i++) Read(Plain, asked[i], items);
        // What the constraints of both together take: a column would be 4,000 bytes.
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / asked.Length, 0, 1_000);
    }

    [Fact]
    public void Items_of_an_old_catalogue_are_not_held()
    {
        WeakReference value = ReadOnce();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.False(value.IsAlive);
        GC.KeepAlive(_inputs);
    }

    [Fact]
    public void Reading_allocates_nothing_for_a_policy_whose_columns_have_grown()
    {
        Policy policy = SlateRecordTests.Policies[0];
        CatalogueItem[] items = [.. Enumerable.Range(0, 1_000).Select(i => Item($"t{i % 7}", "both", $"own{i}") with { Provider = $"p{i % 90}" })];
        Read(policy, null, items);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 20; i++) Read(policy, null, items);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private WeakReference ReadOnce()
    {
        string value = new('v', 20);
        Read(Plain with { AtMost = Plain.AtMost.Add("topic", 1) }, null, [Item(value)]);
        return new WeakReference(value);
    }

    private void Read(Policy policy, SlateConstraints? asked, CatalogueItem?[] items)
    {
        _inputs.Begin(policy, asked, items.Length, Rung.Full);
        _inputs.Read(items, new UnixMicros(2_000_000));
    }

    private static CatalogueItem Item(params string[] topics) => new()
    {
        Id = "i",
        Published = new UnixMicros(1_500_000),
        Attributes = topics.Length == 0
            ? ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty
            : ImmutableSortedDictionary.Create<string, ImmutableArray<string>>(StringComparer.Ordinal).Add("topic", [.. topics]),
    };
}
