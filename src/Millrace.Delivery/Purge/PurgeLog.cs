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
    private (long First, long End) _skipped;

    /// <summary>The control offset that comes next: all before it has been obeyed.</summary>
    public long Next => Volatile.Read(ref _next);

    /// <summary>What an origin request that begins now carries to its end.</summary>
    public Beginning Now => new(Next, _invalidations.Sequence, time.GetTimestamp(), _heard);

    /// <summary>Records a purge at the next offset. Returns what is remembered of it, or a floor when the bound was hit: everything that began before counts as purged.</summary>
    public PurgeTrace Add(PurgeScope purge)
    {
        lock (_gate)
        {
            return Add(_next, purge);
        }
    }

    /// <summary>Records a purge at its control offset, which is at least <see cref="Next"/>.</summary>
    /// <inheritdoc cref="Add(PurgeScope)"/>
    public PurgeTrace Add(long offset, PurgeScope purge)
    {
        lock (_gate)
        {
            return Remember(PurgeTrace.Of(offset, purge));
        }
    }

    /// <summary>Records what an earlier process remembered, in any order.</summary>
    public void Restore(PurgeTrace trace)
    {
        lock (_gate)
        {
            Remember(trace);
        }
    }

    /// <summary>All that is remembered, for <see cref="Restore"/>, and the offset that comes next.</summary>
    public (long Next, IReadOnlyList<PurgeTrace> Traces) Traces()
    {
        lock (_gate)
        {
            List<PurgeTrace> traces = _floor > 0 ? [PurgeTrace.Floor(_floor - 1)] : [];
            if (_afterTags > 0)
            {
                traces.Add(new PurgeTrace(_afterTags - 1, [], [], Soft: false) { HasTags = true });
            }

            foreach (var (name, latest) in _names)
            {
                if (latest.Hard >= 0)
                {
                    traces.Add(new PurgeTrace(latest.Hard, [name], [], Soft: false));
                }

                if (latest.Soft >= 0)
                {
                    traces.Add(new PurgeTrace(latest.Soft, [name], [], Soft: true));
                }
            }

            traces.AddRange(_patterns.Select(static one => new PurgeTrace(one.Offset, [], [one.Pattern], one.Soft)));
            return (_next, traces);
        }
    }

    /// <summary>Begins at a control offset, which it returns: of what was purged before nothing is known, and whatever began earlier counts as purged.</summary>
    public long Begin(long next)
    {
        lock (_gate)
        {
            Forget(long.MaxValue);
            (_floor, _afterTags, _skipped) = (next, 0, default);
            Volatile.Write(ref _next, next);
            return next;
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

    /// <summary>Leaves out offsets: what carries one of them is another process's, and nothing is known about it.</summary>
    public void Skip(long count)
    {
        lock (_gate)
        {
            _skipped = (_next + 1, _next + count);
            Volatile.Write(ref _next, _next + count);
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
            if (began.Offset < _floor || began.Offset > _next || IsSkipped(began.Offset) || _invalidations.HasSince(name, began.Local))
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

    private bool IsSkipped(long offset) => offset >= _skipped.First && offset < _skipped.End;

    private static PurgeVerdict Later(PurgeVerdict one, PurgeVerdict other) => one > other ? one : other;

    private PurgeTrace Remember(PurgeTrace trace)
    {
        if (trace.IsFloor || _names.Count + trace.Names.Count > maxPurges || _patterns.Count + trace.Patterns.Count > MaxPatterns)
        {
            trace = PurgeTrace.Floor(trace.Offset);
            Forget(trace.Offset);
            _floor = Math.Max(_floor, trace.Offset + 1);
        }

        _afterTags = trace.HasTags ? Math.Max(_afterTags, trace.Offset + 1) : _afterTags;
        foreach (var name in trace.Names)
        {
            var latest = _names.TryGetValue(name, out var known) ? known : Latest.None;
            _names[name] = trace.Soft ? latest with { Soft = Math.Max(latest.Soft, trace.Offset) } : latest with { Hard = Math.Max(latest.Hard, trace.Offset) };
        }

        foreach (var pattern in trace.Patterns)
        {
            // In the order of offsets, which is that of coming but for what is restored.
            var at = _patterns.Count;
            for (; at > 0 && _patterns[at - 1].Offset > trace.Offset; at--)
            {
            }

            _patterns.Insert(at, (pattern, trace.Offset, trace.Soft));
        }

        Volatile.Write(ref _next, Math.Max(_next, trace.Offset + 1));
        return trace;
    }

    private void Forget(long upTo)
    {
        foreach (var (name, latest) in _names)
        {
            if (Math.Max(latest.Hard, latest.Soft) <= upTo)
            {
                _names.Remove(name);
            }
        }

        _patterns.RemoveAll(one => one.Offset <= upTo);
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
