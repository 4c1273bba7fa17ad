using System.Collections;
using System.Collections.Immutable;
using System.Reflection;
using Millrace.Decisions;
using Millrace.Decisions.Pipeline;
using Millrace.Journal;
using Millrace.Models.Policies;

namespace Millrace.Tests.Decisions;

/// <summary>Two requests of one id are the same only if they say the same: each member counts, also one that is added tomorrow.</summary>
public sealed class FingerprintTests
{
    /// <summary>The id is the key itself, and patience changes no answer that was given.</summary>
    private static readonly string[] Ignored = [nameof(DecideRequest.DecisionId), nameof(DecideRequest.Tenant), nameof(DecideRequest.Timeout)];

    private static readonly Quota Whole = new() { Attribute = "kind", Value = "video", Fresh = TimeSpan.FromHours(1), Least = 1, Share = 0.5, Top = 3 };

    private static readonly DecideRequest Asked = new()
    {
        DecisionId = "d",
        Surface = "home",
        User = "u",
        Session = "s",
        Time = new UnixMicros(1),
        Context = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal).Add("country", "fr"),
        Candidates = [DecisionHarness.Candidate("i", ("f", 1))],
        Exclude = ["x"],
        Slots = [new RequestSlot("main", 3, ["b"])],
        Constraints = new SlateConstraints(SlateConstraints.None.AtMost.Add("provider", 2), [Whole, Whole with { Attribute = "topic" }]),
    };

    [Fact]
    public void Every_member_of_a_request_counts() => Assert.All(
        typeof(DecideRequest).GetProperties().Where(member => member.CanWrite && !Ignored.Contains(member.Name)),
        member =>
        {
            // Records copy by a method of their own: with { } of a member that is chosen at run time.
            var other = Asked with { };
            member.SetValue(other, Another(member));
            Assert.NotEqual(RequestFingerprint.Of(Asked), RequestFingerprint.Of(other));
        });

    [Fact]
    public void Every_member_of_a_quota_counts_and_so_does_their_order() => Assert.All(
        typeof(Quota).GetProperties().Where(member => member.CanWrite),
        member =>
        {
            Quota other = Whole with { };
            member.SetValue(other, Another(member));
            ulong[] different =
            [
                Of([Whole]), Of([other]), Of([Whole, other]), Of([other, Whole]), Of([]), Of([Whole], ("provider", 2)), Of([Whole], ("provider", 3)), Of([Whole], ("kind", 2)),
                Of([], ("provider", 2)), Of([], ("kind", 2), ("provider", 2)),
            ];
            Assert.Equal(different.Length, different.Distinct().Count());
        });

    [Fact]
    public void The_same_request_made_again_is_the_same() => Assert.Equal(
        RequestFingerprint.Of(Asked),
        RequestFingerprint.Of(Asked with { Timeout = TimeSpan.FromSeconds(1), Constraints = new SlateConstraints(Asked.Constraints!.AtMost, [.. Asked.Constraints.AtLeast]) }));

    private static ulong Of(ImmutableArray<Quota> quotas, params (string Attribute, int Most)[] limits) => RequestFingerprint.Of(Asked with
    {
        Constraints = new SlateConstraints(limits.ToImmutableSortedDictionary(limit => limit.Attribute, limit => limit.Most, StringComparer.Ordinal), quotas),
    });

    private static object? Another(PropertyInfo member) => (Nullable.GetUnderlyingType(member.PropertyType) ?? member.PropertyType) switch
    {
        var type when type == typeof(string) => "another",
        var type when type == typeof(int) => 2,
        var type when type == typeof(double) => 0.25,
        var type when type == typeof(TimeSpan) => TimeSpan.FromMinutes(1),
        var type when type == typeof(UnixMicros) => new UnixMicros(2),
        var type when type == typeof(DecideMode) => DecideMode.Apprentice,
        var type when type == typeof(SlateConstraints) => SlateConstraints.None,
        var type when type == typeof(ImmutableArray<string>) => ImmutableArray.Create("another"),
        var type when type.IsValueType && typeof(IEnumerable).IsAssignableFrom(type) => Activator.CreateInstance(type),
        var type when type == typeof(ImmutableSortedDictionary<string, string>) => ImmutableSortedDictionary<string, string>.Empty,
        var type => throw new NotSupportedException($"{member.Name}: what is another {type}?"),
    };
}
