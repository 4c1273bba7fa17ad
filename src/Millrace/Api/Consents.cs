using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Api;

/// <summary>
/// What users consented to: a copy of the journal's <see cref="ConsentChanged"/> facts, read back on start. Who said nothing consents, since the node does not know who may be
/// asked; who withdrew stays withdrawn until a later fact says otherwise, whatever a request says. Thread-safe.
/// </summary>
internal sealed class Consents(IJournal journal)
{
    private const int RenewedAtOnce = 256;

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Tenant, string User), Stated> _stated = [];

    // Erasures and renewals take turns: a renewal must not bring an erased person back.
    private Task _turn = Task.CompletedTask;

    /// <summary>Reads back what the journal holds, by its index.</summary>
    public async Task LoadAsync(string tenant, CancellationToken cancellation)
    {
        foreach (var stored in await journal.FindAsync(JournalStream.Events, ConsentChanged.Key, tenant, int.MaxValue, cancellation))
        {
            if (stored.Fact is ConsentChanged consent)
            {
                Apply(consent, stored.Position, consent.Received);
            }
        }

        lock (_lock)
        {
            foreach (var (key, stated) in _stated)
            {
                if (stated.Value == Consent.Whole)
                {
                    _stated.Remove(key);
                }
            }
        }
    }

    /// <summary>What a user consented to; a request of nobody known, and a user who said nothing, to all.</summary>
    public Consent Of(string tenant, string? user)
    {
        if (user is null)
        {
            return Consent.Whole;
        }

        lock (_lock)
        {
            return _stated.TryGetValue((tenant, user), out var stated) ? stated.Value : Consent.Whole;
        }
    }

    /// <summary>Takes in a durable fact: what stands later in the user's partition holds.</summary>
    /// <param name="fact">The fact.</param>
    /// <param name="position">Where it stands.</param>
    /// <param name="received">When the journal took it, or soon after.</param>
    /// <returns>What holds now.</returns>
    public Consent Apply(ConsentChanged fact, Position position, UnixMicros received)
    {
        if (fact.User is not { } user)
        {
            return Consent.Whole; // Erased.
        }

        lock (_lock)
        {
            return (_stated[(fact.Tenant, user)] = _stated.GetValueOrDefault((fact.Tenant, user), Stated.Nothing).With(fact, position.Offset, received)).Value;
        }
    }

    /// <summary>
    /// Appends again what was withdrawn and was last appended longer than <paramref name="age"/> ago, so that it outlives the retention of the stream in which it stands.
    /// </summary>
    /// <param name="now">The time.</param>
    /// <param name="age">Well below the retention.</param>
    /// <param name="newId">Makes the facts' ids.</param>
    /// <returns>How many were renewed.</returns>
    /// <exception cref="JournalException">The journal refused: what is left is due again the next time.</exception>
    public async Task<int> RenewAsync(UnixMicros now, TimeSpan age, Func<string> newId)
    {
        var renewed = 0;
        while (await InTurnAsync(() => RenewSomeAsync(now, age, newId)) is > 0 and var some)
        {
            renewed += some;
        }

        return renewed;
    }

    /// <summary>Runs an erasure of a user: no renewal goes on meanwhile, and none knows of the user afterwards.</summary>
    public Task<T> ErasingAsync<T>(string tenant, string user, Func<Task<T>> erase) => InTurnAsync(async () =>
    {
        var done = await erase();
        lock (_lock)
        {
            _stated.Remove((tenant, user));
        }

        return done;
    });

    private async Task<T> InTurnAsync<T>(Func<Task<T>> work)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task before;
        lock (_lock)
        {
            (before, _turn) = (_turn, done.Task);
        }

        await before;
        try
        {
            return await work();
        }
        finally
        {
            done.SetResult();
        }
    }

    private async Task<int> RenewSomeAsync(UnixMicros now, TimeSpan age, Func<string> newId)
    {
        var facts = Due(now - age, newId);
        var positions = facts.Count == 0 ? [] : await journal.AppendAsync(facts);
        for (var i = 0; i < facts.Count; i++)
        {
            Apply(facts[i], positions[i], now);
        }

        return facts.Count;
    }

    private List<ConsentChanged> Due(UnixMicros before, Func<string> newId)
    {
        lock (_lock)
        {
            return
            [
                .. _stated.Where(one => one.Value.Received < before && one.Value.Value != Consent.Whole).Take(RenewedAtOnce).Select(one => new ConsentChanged
                {
                    Id = newId(),
                    Tenant = one.Key.Tenant,
                    User = one.Key.User,
                    Time = one.Value.Time,
                    Personalise = one.Value.Value.Personalise,
                    Learn = one.Value.Value.Learn,
                }),
            ];
        }
    }

    /// <summary>What a user said, each part with the offset of the fact that said it last.</summary>
    private readonly record struct Stated(Consent Value, long PersonaliseAt, long LearnAt, UnixMicros Time, UnixMicros Received)
    {
        public static Stated Nothing { get; } = new(Consent.Whole, -1, -1, default, default);

        public Stated With(ConsentChanged fact, long offset, UnixMicros received)
        {
            var next = this with { Time = Later(Time, fact.Time), Received = Later(Received, received) };
            if (fact.Personalise is { } personalise && offset > PersonaliseAt)
            {
                next = next with { Value = next.Value with { Personalise = personalise }, PersonaliseAt = offset };
            }

            return fact.Learn is { } learn && offset > LearnAt ? next with { Value = next.Value with { Learn = learn }, LearnAt = offset } : next;
        }

        private static UnixMicros Later(UnixMicros left, UnixMicros right) => left > right ? left : right;
    }
}

/// <summary>What a user consents to.</summary>
/// <param name="Personalise">That decisions use what is known of the user.</param>
/// <param name="Learn">That the user's events are learnt from.</param>
internal readonly record struct Consent(bool Personalise, bool Learn)
{
    public static Consent Whole { get; } = new(true, true);
}
