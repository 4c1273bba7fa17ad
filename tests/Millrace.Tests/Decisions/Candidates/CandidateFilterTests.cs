using System.Collections.Immutable;
using CsCheck;
using Millrace.Decisions;
using Millrace.Models.Policies;

namespace Millrace.Tests.Decisions.Candidates;

public sealed class CandidateFilterTests
{
    private static readonly CandidateSource Recent = new(CandidateSourceKind.Recent, 100);

    public static TheoryData<CandidateFilter, string?, string> Filters => new()
    {
        { new ValueFilter("topic", ["t1", "t9"]), null, "i1 i4 i7 i10" },
        { new ValueFilter("topic", ["t1"], Without: true), null, "i0 i2 i3 i5 i6 i8 i9 i11" },
        { new ValueFilter("provider", ["p3"]), null, "i3 i7 i11" },
        { new ValueFilter("nothing", ["x"]), null, "" },
        { new ValueFilter("nothing", ["x"], Without: true), null, "i0 i1 i2 i3 i4 i5 i6 i7 i8 i9 i10 i11" },
        { new ContextFilter("topic", "country"), "t2", "i2 i5 i8 i11" },
        { new ContextFilter("topic", "country"), null, "i0 i1 i2 i3 i4 i5 i6 i7 i8 i9 i10 i11" },
        { new ContextFilter("topic", "country", OrAny: false), "t2", "i2 i5 i8 i11" },
        { new ContextFilter("topic", "country", OrAny: false), null, "" },
        { new NumberFilter("stock", 3, 5.5), null, "i3 i4 i5" },
        { new NumberFilter("stock", null, 1), null, "i0 i1" },
        { new NumberFilter("topic", 0, null), null, "" },
        { new AgeFilter(TimeSpan.FromHours(3)), null, "i0 i1 i2" },
        { new PastFilter("hidden"), null, "i0 i1 i2 i3 i4 i6 i7 i8 i9 i10" },
    };

    [Theory]
    [MemberData(nameof(Filters))]
    public void A_filter_lets_pass_what_it_says_and_counts_the_rest(CandidateFilter filter, string? country, string passing)
    {
        var harness = new SourceHarness(SourceHarness.Of(Recent) with { Filters = [filter] });
        harness.Event("me", 5, "hide");
        harness.Event("me", 11, "hide", ago: TimeSpan.FromDays(1));
        string[] found = [.. harness.Gather("me", country).Select(item => item.Item)];
        Assert.Equal(passing, string.Join(' ', found));
        Assert.Equal([SourceHarness.Items - found.Length], harness.Dropped);
    }

    [Fact]
    public void The_first_filter_in_the_policys_order_is_the_one_that_an_item_failed()
    {
        var harness = new SourceHarness(SourceHarness.Of(Recent) with { Filters = [new NumberFilter("stock", 6, null), new ValueFilter("topic", ["t0"])] });
        Assert.Equal(["i6", "i9"], harness.Gather().Select(item => item.Item));
        Assert.Equal([6, 4], harness.Dropped);
    }

    [Fact]
    public void A_source_goes_on_until_it_gave_what_it_should_of_what_passes()
    {
        var harness = new SourceHarness(SourceHarness.Of(new CandidateSource(CandidateSourceKind.Recent, 2)) with { Filters = [new ValueFilter("topic", ["t2"])] });
        Assert.Equal(["i2", "i5"], harness.Gather().Select(item => item.Item));
    }

    [Fact]
    public void Pins_boosts_and_the_requests_own_are_filtered_too_and_strangers_pass_only_what_must_not_be()
    {
        var policy = SourceHarness.Of(Recent) with { Filters = [new ValueFilter("topic", ["t0"])], Pins = [new Pin("main", 1, "i1"), new Pin("main", 2, "i3")], Boosts = ["i4", "i6"] };
        Assert.Equal(["i3", "i6", "i0", "i9"], new SourceHarness(policy).Gather().Select(item => item.Item));
        string[] offered = ["i1", "i9", "stranger"];
        Assert.Equal(["i9"], Offered(policy with { Pins = [] }, offered));
        Assert.Equal(["i9", "stranger"], Offered(policy with { Pins = [], Filters = [new ValueFilter("topic", ["t1"], Without: true)] }, offered));
    }

    [Fact]
    public void Filters_never_change_the_order_of_what_passes() => Gen.Select(Gen.Int[0, 12], Gen.Int[0, 12]).Sample(
        (least, most) =>
        {
            var harness = new SourceHarness(SourceHarness.Of(Recent) with { Filters = [new NumberFilter("stock", Math.Min(least, most), Math.Max(least, most))] });
            Assert.Equal(
                Enumerable.Range(0, SourceHarness.Items).Where(i => i >= Math.Min(least, most) && i <= Math.Max(least, most)).Select(i => $"i{i}"),
                harness.Gather().Select(item => item.Item));
        },
        iter: 40, threads: 1);

    private static IEnumerable<string> Offered(Policy policy, string[] items) => new SourceHarness(policy)
        .Gather(with: request => request with
        {
            Candidates = [.. items.Select(id => new RequestCandidate(id, ImmutableSortedDictionary.Create<string, float>(StringComparer.Ordinal)))],
        })
        .Select(item => item.Item);
}
