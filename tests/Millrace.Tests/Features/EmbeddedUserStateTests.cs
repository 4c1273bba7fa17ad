using System.Diagnostics.Metrics;
using Millrace.Features.Local;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Tests.Features;

public sealed class EmbeddedUserStateTests
{
    private static readonly UnixMicros Now = new(1_750_000_000_000_000);

    [Fact]
    public void Facts_taken_before_change_nothing_though_the_session_spans_two_partitions()
    {
        var users = new EmbeddedUserState();
        StoredFact[] facts = [Click(0, 5, "a"), Click(1, 3, "b"), Click(0, 6, "c")];
        Array.ForEach(facts, fact => users.Observe(fact));
        var before = Read(users);
        Array.ForEach(facts, fact => users.Observe(fact));
        users.Observe(Click(1, 2, "d"));
        Assert.Equal(["c", "b", "a"], Read(users).Recent);
        Assert.Same(before, Read(users));
        Assert.Equal(new Position(JournalStream.Events, 0, 6), before.Position);
    }

    [Fact]
    public void The_least_recently_active_leaves_at_the_bound_and_a_metric_counts_it()
    {
        var hits = 0;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listening) =>
            {
                if (instrument.Name == "millrace.features.bounds_hit")
                {
                    listening.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, added, tags, _) => hits += tags[0].Value as string == "persons" ? (int)added : 0);
        listener.Start();
        var users = new EmbeddedUserState(maxPersons: 2);
        foreach (var (session, offset) in (ReadOnlySpan<(string, int)>)[("s1", 0), ("s2", 1), ("s1", 2), ("s3", 3)])
        {
            users.Observe(Click(0, offset, "a", session));
        }

        Assert.Equal(1, users.Evicted);
        Assert.Equal(1, hits);
        Assert.Empty(Read(users, "s2").Recent);
        Assert.NotEmpty(Read(users, "s1").Recent);
    }

    private static Millrace.Features.Online.UserView Read(EmbeddedUserState users, string session = "s") => users.Read("default", null, session, Now);

    private static StoredFact Click(int partition, long offset, string item, string session = "s") => new(
        new Position(JournalStream.Events, partition, offset),
        new Observed { Id = $"e{partition}-{offset}", Event = "click", Item = item, Session = session, Time = Now, Received = Now });
}
