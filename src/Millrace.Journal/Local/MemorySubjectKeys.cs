using System.Security.Cryptography;

namespace Millrace.Journal.Local;

/// <summary>Subject keys in memory, for tests and simulations; durable until disposed.</summary>
public sealed class MemorySubjectKeys : ISubjectKeys
{
    private const int SecretBytes = 32;
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Tenant, string Subject), long> _ids = [];
    private readonly Dictionary<long, byte[]> _secrets = [];
    private long _created;

    /// <inheritdoc />
    public Guid Set => Guid.Empty;

    /// <inheritdoc />
    public long Newest => 0;

    /// <inheritdoc />
    public long Read(string tenant, string subject, Span<byte> secret)
    {
        lock (_lock)
        {
            if (!_ids.TryGetValue((tenant, subject), out var id))
            {
                id = ++_created;
                _ids.Add((tenant, subject), id);
                _secrets.Add(id, RandomNumberGenerator.GetBytes(SecretBytes));
            }

            _secrets[id].CopyTo(secret);
            return id;
        }
    }

    /// <inheritdoc />
    public long Find(string tenant, string subject)
    {
        lock (_lock)
        {
            return _ids.GetValueOrDefault((tenant, subject));
        }
    }

    /// <inheritdoc />
    public bool TryRead(long id, Span<byte> secret)
    {
        lock (_lock)
        {
            var found = _secrets.TryGetValue(id, out var known);
            known?.CopyTo(secret);
            return found;
        }
    }

    /// <inheritdoc />
    public void Abandon(long id)
    {
    }

    /// <inheritdoc />
    public void MakeDurable(long id)
    {
    }

    /// <inheritdoc />
    public bool Destroy(string tenant, string subject)
    {
        lock (_lock)
        {
            if (!_ids.Remove((tenant, subject), out var id))
            {
                return false;
            }

            _secrets.Remove(id);
            return true;
        }
    }

    /// <inheritdoc />
    public bool BeginRound() => false;

    /// <inheritdoc />
    public ISubjectKeySweep BeginSweep() => throw new NotSupportedException("keys in memory have no bound, so none is let go");

    /// <inheritdoc />
    public void Dispose()
    {
    }
}
