using Millrace.Features.Definitions;
using Millrace.Features.Local;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Tests.Features;

public sealed class PersonTableTests
{
    private const long Second = TimeSpan.MicrosecondsPerSecond;
    private static readonly UnixMicros Now = new(1_750_000_000_000_000);

    [Fact]
    public void Sessions_of_who_is_active_stay_known_at_the_bound_and_those_forgotten_are_counted()
    {
        var store = new EmbeddedPersonStore(FeatureSet.Create([]).Persons, 1, maxPersons: 8);
        var offset = 0L;
        for (var i = 0; i < 50; i++)
        {
            Click("active");
            Click($"passing{i}");
        }

        Assert.Equal(["sactive"], store.SessionsOf("default", "active"));
        Assert.Equal(51 - 8, store.LinksEvicted);

        void Click(string user) => store.Observe(new StoredFact(
            new Position(JournalStream.Events, 0, offset),
            new Observed { Id = $"e{offset}", Event = "click", Item = "a", User = user, Session = $"s{user}", Time = Now + TimeSpan.FromSeconds(offset), Received = Now + TimeSpan.FromSeconds(offset++) }));
    }

    [Theory]
    [InlineData(16, 1)]
    [InlineData(320, 20)]
    [InlineData(100_000, 64)]
    public void Few_blobs_of_who_left_wait_for_who_comes(int most, int spare)
    {
        var table = new PersonTable(1, TimeSpan.FromSeconds(10), most);
        for (var i = 0; i < Math.Min(most, 200); i++)
        {
            Touch(table, i, Now.Value);
        }

        Touch(table, -1, Now.Value + (60 * Second));
        Assert.Equal((1, spare), (table.Count, table.Spare));
    }

    [Fact]
    public void A_large_blob_of_who_left_waits_for_nobody()
    {
        var table = new PersonTable(1, TimeSpan.FromSeconds(10), 1_000);
        Touch(table, 0, Now.Value)!.Resize(0, 2_000);
        Touch(table, 1, Now.Value)!.Resize(0, 20);
        Touch(table, 2, Now.Value + (60 * Second));
        Assert.Equal((1, 1), (table.Count, table.Spare));
    }

    private static PersonBlob? Touch(PersonTable table, int person, long received) => table.Touch($"p{person}", received, null, "default", $"p{person}", new Position(JournalStream.Events, 0, 1));
}
