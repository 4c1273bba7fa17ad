using Millrace.Features.Definitions;
using Millrace.Features.Online;
using Millrace.Journal.Facts;

namespace Millrace.Features.PointInTime;

/// <summary>Counts, beside the fold and by nothing but the facts, how many events of an item and of a person lie within the reach of each state: what a reader checks values by.</summary>
internal sealed class SubjectEvents(FeatureSet features, AsOf asOf)
{
    private readonly long[] _states = new long[features.States.Length];
    private readonly long[][] _sections = [.. Enum.GetValues<PersonEntity>().Select(of => new long[features.Persons.Keys(of).Length])];

    /// <summary>Events of the user, of any kind and age.</summary>
    internal long OfUser { get; private set; }

    /// <summary>Events of the session, of any kind and age.</summary>
    internal long OfSession { get; private set; }

    /// <summary>Events of the item that the state at <paramref name="state"/> wants, within its reach.</summary>
    internal long Of(int state) => _states[state];

    /// <summary>Events of the person that the section wants, within its reach.</summary>
    internal long Of(PersonEntity of, int section) => _sections[(int)of][section];

    /// <summary>Whether an event is the person's.</summary>
    internal bool Concerns(Observed observed) => IsUsers(observed) || IsSessions(observed);

    internal void Count(Observed observed, ReadOnlySpan<ItemState> states)
    {
        var age = asOf.Time.Value - FactTime.Of(observed);
        if (observed.Item == asOf.Item && observed.Counts)
        {
            for (var i = 0; i < states.Length; i++)
            {
                _states[i] += states[i].Wants(observed.Event) && features.States[i].Takes(observed) && IsWithin(age, features.States[i].Reach) ? 1 : 0;
            }
        }

        if (IsUsers(observed))
        {
            OfUser++;
            Count(PersonEntity.User, observed, age);
        }

        if (IsSessions(observed))
        {
            OfSession++;
            Count(PersonEntity.Session, observed, age);
        }
    }

    private void Count(PersonEntity of, Observed observed, long age)
    {
        var keys = features.Persons.Keys(of);
        for (var i = 0; i < keys.Length; i++)
        {
            _sections[(int)of][i] += features.Persons.State(of, i).Wants(observed.Event) && keys[i].Takes(observed) && IsWithin(age, keys[i].Reach) ? 1 : 0;
        }
    }

    private bool IsUsers(Observed observed) => asOf.User is not null && observed.User == asOf.User;

    private bool IsSessions(Observed observed) => asOf.Session is not null && observed.Session == asOf.Session;

    private static bool IsWithin(long age, TimeSpan reach) => age < reach.Ticks / TimeSpan.TicksPerMicrosecond;
}
