using Millrace.Api.Json;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Api;

/// <summary>
/// Erases a person: destroys the keys that seal the user's facts and those of the sessions, and then says so in the journal. The sessions' keys go first: which sessions are
/// the user's is known from the user's facts, and an erasure that ended between the two must find them again. The fact comes when nothing can be read any more, and what is
/// held in memory goes last, when nothing can refuse. Until the answer any step may fail, and the same request again finishes what is left.
/// </summary>
internal sealed class Erasure(ApiServices services)
{
    /// <exception cref="JournalException">The disk refused; the same again goes on with it.</exception>
    public Task<Erased> EraseAsync(string tenant, string user, IReadOnlyCollection<string> named, CancellationToken cancellation) =>
        services.Memory.Consents.ErasingAsync(tenant, user, async () =>
        {
            string[] sessions = [.. named.Concat(services.SessionsOf(tenant, user)).Distinct(StringComparer.Ordinal)];

            // Decisions that wait for the journal would be sealed with a new key.
            await services.SettleDecisions(cancellation);
            var gone = sessions.Count(session => services.Keys.Destroy(tenant, session));
            var had = services.Keys.Destroy(tenant, user);
            var position = await services.Journal.AppendAsync(
                new UserErased
                {
                    Id = services.NewId(),
                    Tenant = tenant,
                    Time = services.Now,
                    Digest = services.DigestOf(tenant, user),
                    Sessions = [.. sessions.Select(session => services.DigestOf(tenant, session))],
                },
                CancellationToken.None);
            services.Forget(tenant, user, sessions);
            return new Erased(had || gone > 0, gone, position);
        });
}

/// <summary>What an erasure did.</summary>
/// <param name="Any">Whether there was a key to destroy; false for a person of whom nothing was sealed, or who was erased before.</param>
/// <param name="Sessions">How many sessions' keys were destroyed.</param>
/// <param name="Position">Where the fact stands.</param>
internal readonly record struct Erased(bool Any, int Sessions, Position Position);
