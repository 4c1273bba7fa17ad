using Millrace.Journal;

namespace Millrace.Features.Online;

/// <summary>What sessions and users did: fresher than the epoch, so that one's own events count at one's next request.</summary>
public interface IPersonStore
{
    /// <summary>
    /// Folds a fact. Who withdraws consent to personalised decisions is forgotten, not followed, and read as nobody until it is given again; facts of one partition come in order. Those that concern nobody, or lie before the last one folded of their partition, change nothing.</summary>
    void Observe(in StoredFact stored);

    /// <summary>Copies what is known of a session and a user, in one round trip, together with how far it is folded.</summary>
    /// <param name="tenant">The tenant that asks.</param>
    /// <param name="user">The user; null when nobody is named.</param>
    /// <param name="session">The session; null when none is named.</param>
    /// <param name="into">Filled; nobody else's while this runs.</param>
    void Read(string tenant, string? user, string? session, PersonBuffer into);

    /// <summary>Forgets a user, with the sessions that are known to be the user's and what was said of consent, or a session.</summary>
    void Forget(string tenant, string? user, string? session);

    /// <summary>The sessions that facts of the user named, the last of them last; as many as are remembered.</summary>
    IReadOnlyList<string> SessionsOf(string tenant, string user);

    /// <summary>Forgets everybody of whom a key was destroyed: those whom an erasure names by digest alone.</summary>
    void ForgetErased();
}
