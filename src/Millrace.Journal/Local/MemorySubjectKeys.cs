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
    private long _destructions;

    /// <inheritdoc />
    public long Destructions => Volatile.Read(ref _destructions);

    /// <inheritdoc />
    public long IdOf(string tenant, string subject)
    {
        lock (_lock)
        {
            if (!_ids.TryGetValue((tenant, subject), out var id))
            {
                id = ++_created;
                _ids.Add((tenant, subject), id);
                _secrets.Add(id, RandomNumberGenerator.GetBytes(SecretBytes));
            }

            return id;
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
            Volatile.Write(ref _destructions, _destructions + 1);
            return true;
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
    }
}
