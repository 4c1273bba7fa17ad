using Millrace.Delivery.Keys;

namespace Millrace.Delivery.Purge;

/// <summary>
/// Remembers purges by what they name, each with its control offset, so that a response whose origin request began before a purge is never stored,
/// shared or warmed from disk after it (DESIGN §9). What is stored in memory is dealt with by the purge itself.
/// </summary>
internal sealed class PurgeLog(int maxPurges, TimeProvider time)
{
    /// <summary>Patterns are rare, and each is compared with every response on its way.</summary>
    private const int MaxPatterns = 256;

    private readonly Lock _gate = new();
    private readonly Dictionary<UInt128, Latest> _names = [];
    private readonly List<(PurgePattern Pattern, long Offset, bool Soft)> _patterns = [];
    private readonly InvalidationLog _invalidations = new(maxPurges);
    private volatile HeardPurges _heard = HeardPurges.None;
    private long _next;
    private long _floor;
    private long _afterTags;

    /// <summary>The control offset that comes next: all before it has been obeyed.</summary>
    public long Next => Volatile.Read(ref _next);

    /// <summary>What an origin request that begins now carries to its end.</summary>
    public Beginning Now => new(Next, _invalidations.Sequence, time.GetTimestamp(), _heard);

    /// <summary>Records a purge at the next offset; true when the bound was hit, and everything that began before it counts as purged.</summary>
    public bool Add(PurgeScope purge)
    {
        lock (_gate)
        {
            return Add(_next, purge);
        }
    }

    /// <summary>Records a purge at its control offset, which is at least <see cref="Next"/>.</summary>
    /// <inheritdoc cref="Add(PurgeScope)"/>
    public bool Add(long offset, PurgeScope purge)
    {
        lock (_gate)
        {
            var collapsed = _names.Count + purge.Keys.Count + purge.SurrogateKeys.Count > maxPurges || _patterns.Count + purge.Patterns.Count > MaxPatterns;
            if (collapsed)
            {
                _names.Clear();
                _patterns.Clear();
                _floor = offset + 1;
            }
            else
            {
                Remember(offset, purge);
            }

            Volatile.Write(ref _next, offset + 1);
            return collapsed;
        }
    }

    /// <summary>Notes that everything before a control offset has been obeyed, purges or not.</summary>
    public void Advance(long next)
    {
        lock (_gate)
        {
            Volatile.Write(ref _next, Math.Max(_next, next));
        }
    }

    /// <summary>Begins at a control offset: of what was purged before nothing is known, and whatever began earlier counts as purged.</summary>
    public void Begin(long next)
    {
        lock (_gate)
        {
            _floor = next;
            Volatile.Write(ref _next, next);
        }
    }

    /// <summary>Notes purges that a peer has obeyed: what begins from now on began after they were acknowledged.</summary>
    public void Hear(PurgeMark mark)
    {
        lock (_gate)
        {
            _heard = _heard.With(mark);
        }
    }

    /// <summary>One past the last purge that may concern an object, whatever its tags; zero when none may.</summary>
    public long NeedOf(CacheKey key)
    {
        lock (_gate)
        {
            var need = Math.Max(_floor, _afterTags);
            if (_names.TryGetValue(PurgeNames.OfKey(key), out var latest))
            {
                need = Math.Max(need, Math.Max(latest.Hard, latest.Soft) + 1);
            }

            for (var i = _patterns.Count - 1; i >= 0 && _patterns[i].Offset >= need; i--)
            {
                if (_patterns[i].Pattern.Covers(key))
                {
                    return _patterns[i].Offset + 1;
                }
            }

            return need;
        }
    }

    /// <summary>Records that an unsafe request changed what the names stand for (RFC 9111 §4.4).</summary>
    public void Invalidate(IEnumerable<UInt128> names)
    {
        lock (_gate)
        {
            _invalidations.Add(names);
        }
    }

    /// <summary>
    /// The same, and the moment that the answer to that very request counts from, which knows of its own invalidation; null when another had changed the
    /// key since the request <paramref name="began"/>, so that nobody knows whose change came last.
    /// </summary>
    public Beginning? Invalidate(IEnumerable<UInt128> names, in Beginning began, CacheKey key)
    {
        lock (_gate)
        {
            var untouched = Judge(began, key, []) == PurgeVerdict.Untouched;
            _invalidations.Add(names);
            return untouched ? began with { Local = _invalidations.Sequence } : null;
        }
    }

    /// <summary>What purges and invalidations since <paramref name="began"/> make of a response with this key and these tags.</summary>
    public PurgeVerdict Judge(in Beginning began, CacheKey key, ReadOnlySpan<string> surrogateKeys)
    {
        if (began.Offset == Next && began.Local == _invalidations.Sequence)
        {
            return PurgeVerdict.Untouched;
        }

        lock (_gate)
        {
            var name = PurgeNames.OfKey(key);

            // One from beyond the control stream's end is another stream's: nothing is known about it.
            if (began.Offset < _floor || began.Offset > _next || _invalidations.HasSince(name, began.Local))
            {
                return PurgeVerdict.Void;
            }

            var verdict = Later(ByName(name, began.Offset), ByPattern(key, began.Offset));
            foreach (var surrogate in surrogateKeys)
            {
                verdict = Later(verdict, ByName(PurgeNames.OfSurrogate(surrogate), began.Offset));
            }

            return verdict;
        }
    }

    /// <summary>Whether a response on its way must not be shared.</summary>
    public bool Touches(in Beginning began, CacheKey key, ReadOnlySpan<string> surrogateKeys) => Judge(in began, key, surrogateKeys) != PurgeVerdict.Untouched;

    private static PurgeVerdict Later(PurgeVerdict one, PurgeVerdict other) => one > other ? one : other;

    private void Remember(long offset, PurgeScope purge)
    {
        foreach (var key in purge.Keys)
        {
            Remember(PurgeNames.OfKey(key));
        }

        foreach (var key in purge.SurrogateKeys)
        {
            Remember(PurgeNames.OfSurrogate(key));
            _afterTags = offset + 1;
        }

        foreach (var pattern in purge.Patterns)
        {
            _patterns.Add((pattern, offset, purge.Soft));
        }

        void Remember(UInt128 name)
        {
            var latest = _names.TryGetValue(name, out var known) ? known : Latest.None;
            _names[name] = purge.Soft ? latest with { Soft = offset } : latest with { Hard = offset };
        }
    }

    private PurgeVerdict ByName(UInt128 name, long began) =>
        !_names.TryGetValue(name, out var latest) ? PurgeVerdict.Untouched
        : latest.Hard >= began ? PurgeVerdict.Void
        : latest.Soft >= began ? PurgeVerdict.Stale
        : PurgeVerdict.Untouched;

    private PurgeVerdict ByPattern(CacheKey key, long began)
    {
        var verdict = PurgeVerdict.Untouched;
        for (var i = _patterns.Count - 1; i >= 0 && _patterns[i].Offset >= began && verdict != PurgeVerdict.Void; i--)
        {
            if (_patterns[i].Pattern.Covers(key))
            {
                verdict = Later(verdict, _patterns[i].Soft ? PurgeVerdict.Stale : PurgeVerdict.Void);
            }
        }

        return verdict;
    }

    /// <summary>The latest purges of a name, by kind.</summary>
    private readonly record struct Latest(long Hard, long Soft)
    {
        public static Latest None => new(-1, -1);
    }
}
