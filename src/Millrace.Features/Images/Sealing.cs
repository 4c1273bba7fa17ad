using Millrace.Journal;

namespace Millrace.Features.Images;

/// <summary>
/// The keys under which what is kept of a person may be written: those of all whose facts went into it, so that it is lost with any of them. Remembered from the person's
/// first fact on, since a key that is destroyed is replaced for a person of the same id. Immutable.
/// </summary>
internal sealed class Sealing
{
    /// <summary>A session that more people than this took part in is not written.</summary>
    internal const int Most = 8;

    private readonly (ulong Subject, long Key)[] _owners;

    private Sealing((ulong Subject, long Key)[] owners) => _owners = owners;

    /// <summary>Of nobody: it is never written.</summary>
    internal static Sealing None { get; } = new([]);

    internal ReadOnlySpan<(ulong Subject, long Key)> Owners => _owners;

    /// <summary>Of so many that their keys are not remembered.</summary>
    internal static Sealing Many { get; } = new(new (ulong, long)[Most + 1]);

    internal bool IsOfMany => _owners.Length > Most;

    internal bool CanSeal => _owners.Length is > 0 and <= Most;

    internal static Sealing Of((ulong Subject, long Key)[] owners) => new(owners);

    /// <summary>With one more person's key.</summary>
    /// <returns>Null when that person has no key, hence is erased.</returns>
    internal Sealing? With(ISubjectKeys? keys, string tenant, string subject)
    {
        if (keys is null || _owners.Length > Most)
        {
            return this;
        }

        var hash = FactKeys.Hash(tenant, subject);
        foreach (ref readonly var owner in _owners.AsSpan())
        {
            if (owner.Subject == hash)
            {
                return this;
            }
        }

        return keys.Find(tenant, subject) is var key and not 0 ? new Sealing([.. _owners, (hash, key)]) : null;
    }

    /// <summary>Whether every key is there still.</summary>
    internal bool IsAlive(ISubjectKeys keys)
    {
        var secret = (stackalloc byte[PersonSealer.KeyBytes]);
        var alive = true;
        foreach (ref readonly var owner in _owners.AsSpan())
        {
            alive &= keys.TryRead(owner.Key, secret);
        }

        secret.Clear();
        return alive;
    }
}
