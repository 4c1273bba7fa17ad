using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Tests.Features;

/// <summary>Facts by hand, a second apart, all in partition 0.</summary>
internal sealed class History
{
    private long _offset;

    public UnixMicros Now { get; private set; } = new(1_750_000_000_000_000);

    public StoredFact Put(string item, UnixMicros? published = null, UnixMicros? expires = null) =>
        Store(new ItemChanged { Id = "", Item = item, Published = published, Expires = expires, Time = Now });

    public StoredFact Delete(string item) => Store(new ItemChanged { Id = "", Item = item, Deleted = true, Time = Now });

    public StoredFact Click(string item, string session = "s", int minutesLate = 0) => Event("click", item, session, minutesLate);

    public StoredFact Event(string name, string item, string session = "s", int minutesLate = 0) =>
        Store(new Observed { Id = "", Event = name, Item = item, Session = session, Time = Now - TimeSpan.FromMinutes(minutesLate) });

    public void Pass(TimeSpan time) => Now += time;

    private StoredFact Store(Fact fact)
    {
        var stored = new StoredFact(new Position(fact.Stream, 0, _offset++), fact with { Id = $"f{_offset}", Received = Now });
        Pass(TimeSpan.FromSeconds(1));
        return stored;
    }
}
