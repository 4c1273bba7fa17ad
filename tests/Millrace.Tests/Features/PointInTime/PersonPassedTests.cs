using Microsoft.Extensions.Time.Testing;
using Millrace.Features.Definitions;
using Millrace.Features.Online;
using Millrace.Features.PointInTime;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Local;

namespace Millrace.Tests.Features.PointInTime;

/// <summary>Two decisions of one epoch whose cuts have no order: the first knows a consent that the second, of whom it is, did not.</summary>
public sealed class PersonPassedTests
{
    private static readonly FeatureSet Set = FeatureSet.Create([new PersonCountFeature("clicks", FeatureEntity.User, "click", TimeSpan.FromDays(1)), new PastFeature("past", FeatureEntity.Session, "click", TimeSpan.FromDays(1))]);

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public async Task Whom_a_consent_after_the_cut_took_away_is_passed_over(bool byUser, bool givenAgain)
    {
        var counts = await WalkAsync(byUser, withdrawn: false, [false, .. givenAgain ? [true] : (bool[])[]]);
        Assert.Equal((1L, 1L), (counts.Visited, counts.Not(NotVisited.PersonPassed)));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task A_consent_that_changes_nothing_takes_nobody_away(bool withdrawn, bool personalise)
    {
        var counts = await WalkAsync(byUser: true, withdrawn, [personalise]);
        Assert.Equal((2L, 0L), (counts.Visited, counts.NotVisited));
    }

    /// <param name="byUser">Whether the second decision is of the user, or of the session alone.</param>
    /// <param name="withdrawn">Whether consent had been withdrawn before.</param>
    /// <param name="consents">What the user says after the second decision's cut.</param>
    private async Task<WalkCounts> WalkAsync(bool byUser, bool withdrawn, bool[] consents)
    {
        await using var journal = new MemoryJournal(_clock, new MemoryJournalOptions { Partitions = 2 });
        var users = new string?[2];
        for (var i = 0; users.Contains(null); i++)
        {
            users[(await journal.AppendAsync(Click($"u{i}"), Cancellation)).Partition] = $"u{i}";
        }

        if (withdrawn)
        {
            await journal.AppendAsync(Consent("c", users[1]!, personalise: false), Cancellation);
        }

        Position[] cut = [.. Enumerable.Range(0, 2).Select(partition => new Position(JournalStream.Events, partition, journal.Range(JournalStream.Events, partition).End))];
        await journal.AppendAsync(Click(users[0]!) with { Id = "again" }, Cancellation);
        foreach (var personalise in consents)
        {
            await journal.AppendAsync(Consent($"c{personalise}", users[1]!, personalise), Cancellation);
        }

        _clock.Advance(TimeSpan.FromSeconds(1));
        var now = UnixMicros.Now(_clock);
        await journal.AppendAsync(
            new EpochFrozen { Id = "epoch:1", Time = now, Epoch = 1, Until = now, Definitions = new FeatureOptions().Fingerprint(Set), Cut = [.. cut] }, Cancellation);
        await journal.AppendAsync(Decision("first", now, users[0]) with { UserAhead = [0, consents.Length] }, Cancellation);
        await journal.AppendAsync(Decision("second", now, byUser ? users[1] : null) with { Session = $"s{users[1]}", UserAhead = [1, 0] }, Cancellation);
        var walk = new PointInTimeWalk(journal, Set, new WalkOptions { From = new UnixMicros(0), To = new UnixMicros(long.MaxValue / 2) });
        await walk.RunAsync(new SkewCheck(Set), Cancellation);
        return walk.Counts;
    }

    private Observed Click(string user) => new() { Id = user, Event = "click", Item = "a", User = user, Session = $"s{user}", Time = UnixMicros.Now(_clock) };

    private ConsentChanged Consent(string id, string user, bool personalise) => new() { Id = id, User = user, Personalise = personalise, Time = UnixMicros.Now(_clock) };

    private static Decided Decision(string id, UnixMicros now, string? user) =>
        new() { Id = id, Time = now, Asked = now, Surface = "home", Policy = "home@1", User = user, Epoch = 1, Slots = [] };
}
