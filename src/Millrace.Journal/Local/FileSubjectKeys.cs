using System.Collections;
using System.Security.Cryptography;
using Millrace.Journal.Segments;

namespace Millrace.Journal.Local;

/// <summary>
/// Subject keys in one file of slots (<see cref="SubjectKeyFile"/>), outside the journal's directory. Destroying a key writes zeros over its slot; ids never come back, so
/// the file grows by 64 bytes per subject that there ever was. All live keys are held in memory.
/// </summary>
public sealed class FileSubjectKeys : ISubjectKeys
{
    private const double NearlyFull = 0.8;
    private readonly Lock _lock = new();
    private readonly Lock _disk = new(); // Taken before _lock.
    private readonly SubjectKeyTable _table = new();
    private readonly Dictionary<long, int> _fresh = []; // Keys that no disk has seen, with how many reads wait for it.
    private readonly Dictionary<UInt128, List<long>> _doomed = []; // Destroyed in memory, not yet durably.
    private readonly HashSet<long> _damaged = []; // Written while loading only.
    private readonly SubjectKeyFile _file;
    private readonly int _maxSubjects;
    private readonly Action<int, int>? _onNearlyFull;
    private long _newest;
    private long _written;
    private long _durable;
    private bool _warned;

    /// <summary>Opens the key file, or creates it.</summary>
    /// <param name="path">The file; its directory is created when absent.</param>
    /// <param name="maxSubjects">At most so many keys; 4 M take about 600 MB of memory.</param>
    /// <param name="onNearlyFull">Told how many keys there are, and the bound, each time 80 % of it are passed.</param>
    /// <exception cref="JournalCorruptException">The file's header is damaged.</exception>
    public FileSubjectKeys(string path, int maxSubjects = 4_000_000, Action<int, int>? onNearlyFull = null)
        : this(DiskFiles.Instance, path, maxSubjects, readOnly: false, onNearlyFull)
    {
    }

    internal FileSubjectKeys(IJournalFiles files, string path, int maxSubjects, bool readOnly, Action<int, int>? onNearlyFull = null)
    {
        (_maxSubjects, _onNearlyFull) = (maxSubjects, onNearlyFull);
        _file = new SubjectKeyFile(files, path, readOnly);
        try
        {
            _newest = _file.Load((id, owner, secret) => secret.CopyTo(_table.Add(id, owner)), id => _damaged.Add(id));
            _written = _durable = _newest;
            JournalMetrics.DamagedKeys(Damaged);
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    /// <inheritdoc />
    public Guid Set => _file.Set;

    /// <inheritdoc />
    public long Newest => Volatile.Read(ref _durable);

    /// <summary>Slots whose checksum fails: keys that are lost, so that what they sealed reads as erased.</summary>
    public int Damaged => _damaged.Count;

    /// <summary>Keys that are held.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _table.Count;
            }
        }
    }

    /// <summary>Opens a key file for reading: no key is created.</summary>
    public static FileSubjectKeys OpenReadOnly(string path) => new(DiskFiles.Instance, path, maxSubjects: 0, readOnly: true);

    /// <inheritdoc />
    public long Read(string tenant, string subject, Span<byte> secret)
    {
        var owner = FactKeys.HashSubject(tenant, subject);
        lock (_lock)
        {
            var id = _table.IdOf(owner);
            if (id == 0)
            {
                id = Create(owner);
            }

            _table.Use(id).CopyTo(secret);
            if (id > _written)
            {
                _fresh[id] = _fresh.GetValueOrDefault(id) + 1;
            }

            return id;
        }
    }

    /// <inheritdoc />
    public long Find(string tenant, string subject)
    {
        var owner = FactKeys.HashSubject(tenant, subject);
        lock (_lock)
        {
            return _table.IdOf(owner);
        }
    }

    /// <inheritdoc />
    public void Abandon(long id)
    {
        lock (_lock)
        {
            if (id <= _written || !_fresh.TryGetValue(id, out var reads))
            {
                return;
            }

            if (reads > 1)
            {
                _fresh[id] = reads - 1;
                return;
            }

            _fresh.Remove(id);
            _table.Remove(id);
            _newest -= id == _newest ? 1 : 0;
        }
    }

    /// <inheritdoc />
    public bool TryRead(long id, Span<byte> secret)
    {
        lock (_lock)
        {
            var found = _table.Secret(id);
            found.CopyTo(secret);
            return found.Length > 0;
        }
    }

    /// <summary>
    /// Whether the file says that it gave this key out and destroyed it. Of a key that is damaged, or newer than an older copy of the file, it does not: what it sealed cannot be
    /// read, and nobody erased it.
    /// </summary>
    public bool WasDestroyed(long id)
    {
        lock (_lock)
        {
            return id > 0 && id <= _written && !_damaged.Contains(id) && _table.Secret(id).Length == 0;
        }
    }

    /// <inheritdoc />
    public void MakeDurable(long id)
    {
        if (id <= Volatile.Read(ref _durable))
        {
            return;
        }

        lock (_disk)
        {
            if (id <= _durable)
            {
                return;
            }

            var slots = NewSlots(out var upTo);
            try
            {
                _file.Write(slots, _durable + 1);
                _file.Sync();
            }
            finally
            {
                CryptographicOperations.ZeroMemory(slots);
            }

            Volatile.Write(ref _durable, upTo);
            Report();
        }
    }

    /// <inheritdoc />
    public bool Destroy(string tenant, string subject)
    {
        var owner = FactKeys.HashSubject(tenant, subject);
        lock (_disk)
        {
            lock (_lock)
            {
                if (_table.IdOf(owner) is var id and not 0)
                {
                    Doom(id);
                }

                if (!_doomed.ContainsKey(owner))
                {
                    return false;
                }
            }

            Overwrite([owner]);
        }

        return true;
    }

    /// <inheritdoc />
    public bool BeginRound()
    {
        lock (_lock)
        {
            _table.Round++;
            return _table.Count >= _maxSubjects * NearlyFull;
        }
    }

    /// <inheritdoc />
    public ISubjectKeySweep BeginSweep()
    {
        lock (_lock)
        {
            return new Sweep(this, Newest, _table.Round);
        }
    }

    /// <inheritdoc />
    public void Dispose() => _file.Dispose();

    private long Create(UInt128 owner)
    {
        if (_table.Count >= _maxSubjects)
        {
            JournalMetrics.BoundHit("maxSubjects");
            throw new JournalFullException("maxSubjects", $"there are keys for {_maxSubjects} subjects already");
        }

        RandomNumberGenerator.Fill(_table.Add(++_newest, owner));
        return _newest;
    }

    /// <summary>The slots that no sync has confirmed. After a failed one they are written again: another sync alone would do nothing.</summary>
    private byte[] NewSlots(out long upTo)
    {
        lock (_lock)
        {
            upTo = _written = _newest;
            _fresh.Clear();
            var slots = SubjectKeyFile.NewSlots(upTo - _durable);
            for (var id = _durable + 1; id <= upTo; id++)
            {
                var slot = SubjectKeyFile.SlotOf(slots, id - _durable - 1);
                if (_table.OwnerOf(id) is var owner && owner != default)
                {
                    SubjectKeyFile.WriteLive(slot, owner, _table.Secret(id));
                }
                else
                {
                    SubjectKeyFile.WriteDestroyed(slot);
                }
            }

            return slots;
        }
    }

    /// <summary>Takes a key out of use. The lock is held.</summary>
    private void Doom(long id)
    {
        var owner = _table.OwnerOf(id);
        _table.Remove(id);
        _fresh.Remove(id);
        if (!_doomed.TryGetValue(owner, out var ids))
        {
            _doomed.Add(owner, ids = []);
        }

        ids.Add(id);
    }

    /// <summary>Writes over what is doomed of these owners, and forgets it once that is durable. The disk's lock is held.</summary>
    private void Overwrite(UInt128[] owners)
    {
        long[] ids;
        lock (_lock)
        {
            ids = [.. owners.SelectMany(o => _doomed.GetValueOrDefault(o, [])).Where(id => id <= _written)];
        }

        var slot = SubjectKeyFile.NewSlots(1);
        SubjectKeyFile.WriteDestroyed(slot);
        foreach (var id in ids)
        {
            _file.Write(slot, id);
        }

        if (ids.Length > 0)
        {
            _file.Sync();
        }

        lock (_lock)
        {
            foreach (var owner in owners)
            {
                _doomed.Remove(owner);
            }
        }

        Report();
    }

    private void Report()
    {
        var count = Count;
        JournalMetrics.SubjectKeys(count, _maxSubjects);
        var nearly = count >= _maxSubjects * NearlyFull;
        if (nearly && !_warned)
        {
            _onNearlyFull?.Invoke(count, _maxSubjects);
        }

        _warned = nearly;
    }

    private sealed class Sweep(FileSubjectKeys keys, long newest, int round) : ISubjectKeySweep
    {
        private readonly BitArray _kept = new(checked((int)newest + 1));

        public void Keep(long id)
        {
            if (id > 0 && id <= newest)
            {
                _kept[(int)id] = true;
            }
        }

        public int Retire()
        {
            lock (keys._disk)
            {
                long[] retired;
                UInt128[] owners;
                lock (keys._lock)
                {
                    retired = [.. keys._table.Unused(newest, round).Where(id => !_kept[(int)id])];
                    foreach (var id in retired)
                    {
                        keys.Doom(id);
                    }

                    owners = [.. keys._doomed.Keys]; // With what an earlier attempt could not write.
                }

                keys.Overwrite(owners);
                return retired.Length;
            }
        }
    }
}
