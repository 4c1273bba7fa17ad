using System.Collections.Immutable;
using Millrace.Journal;

namespace Millrace.Features.Online;

/// <summary>What users and sessions did last: fresher than the epoch, so that one's own events count at one's next request.</summary>
public interface IUserState
{
    /// <summary>Takes an observed fact in; facts of one partition come in order. Other facts, and those at or before the last one taken of their partition, change nothing.</summary>
    void Observe(in StoredFact stored);

    /// <summary>The session's state; the user's where there is no session; empty when neither is known or the session was idle too long.</summary>
    UserView Read(string tenant, string? user, string? session, UnixMicros now);
}

/// <summary>One person's state as a decision reads it. Immutable.</summary>
/// <param name="Recent">Items clicked, newest first, without repeats; at most <see cref="FeatureOptions.MostRecent"/>.</param>
/// <param name="Seen">Items clicked, hidden, reported or bought, newest first.</param>
/// <param name="Position">The last fact folded; null when there was none.</param>
public sealed record UserView(ImmutableArray<string> Recent, ImmutableArray<string> Seen, Position? Position)
{
    public static UserView Empty { get; } = new([], [], null);
}
