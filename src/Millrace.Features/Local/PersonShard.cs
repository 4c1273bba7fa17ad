using Millrace.Features.Online;

namespace Millrace.Features.Local;

/// <summary>A share of the sessions and users, behind one lock.</summary>
internal sealed class PersonShard(int index, PersonLayout layout, int partitions, TimeSpan idle, int most)
{
    /// <summary>Its place among the shards; of two, the later one is locked first.</summary>
    internal int Index => index;

    /// <summary>Two shards, of which one may be none, in the order in which they are locked.</summary>
    internal static (PersonShard First, PersonShard Second) InOrder(PersonShard? one, PersonShard? other)
    {
        one ??= other;
        other ??= one;
        return one!.Index > other!.Index ? (one, other) : (other, one);
    }

    /// <summary>Guards all that follows.</summary>
    internal Lock Gate { get; } = new();

    /// <summary>Per partition of events, one past the last fact that changed somebody here.</summary>
    internal long[] Folded { get; } = new long[partitions];

    /// <summary>After the idle time a run has ended; what features count of a session is kept as long as they look back.</summary>
    internal PersonTable Sessions { get; } = new(layout.Keys(PersonEntity.Session).Length, layout.Kept(PersonEntity.Session, idle), most);

    internal PersonTable Users { get; } = new(layout.Keys(PersonEntity.User).Length, layout.Kept(PersonEntity.User, idle), most);

    /// <summary>Users who withdrew consent to personalised decisions: nothing is kept of them but this. None leaves: each has a key, of which there is a bound (maxSubjects).</summary>
    internal PersonTable Withdrawn { get; } = new(0, TimeSpan.MaxValue, int.MaxValue);

    /// <summary>Which sessions users are known to have had, for an erasure: kept up to the bound, since the facts of a session outlive what is folded of it.</summary>
    internal PersonTable Links { get; private set; } = new(0, TimeSpan.MaxValue, most, "links");

    /// <summary>
    /// Of whom a consent fact changed what is read, users and their sessions, and where it stands: nothing of them may be left that says so. Decisions come back to within an
    /// epoch; a day is more than one takes.
    /// </summary>
    internal PersonTable Consented { get; } = new(0, TimeSpan.FromDays(1), most, "consents");

    /// <summary>Takes in links of another store beside its own; the longest quiet leave at the bound, whosesoever they were.</summary>
    internal void Join(IEnumerable<(string Key, PersonTable.Person Person)> links)
    {
        var joined = new PersonTable(0, TimeSpan.MaxValue, most, "links");
        joined.GoOn(Links.Evicted);
        foreach (var of in links.Concat(Links.All()).GroupBy(link => link.Key, link => link.Person, StringComparer.Ordinal).OrderBy(of => of.Max(one => one.Blob.Touched)))
        {
            joined.TryAdd(of.Key, PersonTable.Person.Joined([.. of]));
        }

        Links = joined;
    }

    internal PersonTable Of(PersonEntity of) => of == PersonEntity.Session ? Sessions : Users;
}
