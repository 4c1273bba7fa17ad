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
    private long _next;
    private long _floor;

    /// <summary>The control offset that comes next: all before it has been obeyed.</summary>
    public long Next => Volatile.Read(ref _next);

    /// <summary>What an origin request that begins now carries to its end.</summary>
    public Beginning Now => new(Next, _invalidations.Sequence, time.GetTimestamp());

    /// <summary>Records a purge at the next offset. Returns what is remembered of it, or a floor when the bound was hit: everything that began before counts as purged.</summary>
    public PurgeMark Add(PurgeScope purge)
    {
        lock (_gate)
        {
            return Add(_next, purge);
        }
    }

    /// <summary>Records a purge at its control offset, which is at least <see cref="Next"/>.</summary>
    /// <inheritdoc cref="Add(PurgeScope)"/>
    public PurgeMark Add(long offset, PurgeScope purge)
    {
        lock (_gate)
        {
            return Remember(PurgeMark.Of(offset, purge));
        }
    }

    /// <summary>Records what an earlier process remembered, in any order.</summary>
    public void Restore(PurgeMark mark)
    {
        lock (_gate)
        {
            Remember(mark);
        }
    }

    /// <summary>All that is remembered, for <see cref="Restore"/>, and the offset that comes next.</summary>
    public (long Next, IReadOnlyList<PurgeMark> Marks) Marks()
    {
        lock (_gate)
        {
            List<PurgeMark> marks = _floor > 0 ? [PurgeMark.Floor(_floor - 1)] : [];
            foreach (var (name, latest) in _names)
            {
                if (latest.Hard >= 0)
                {
                    marks.Add(new PurgeMark(latest.Hard, [name], [], Soft: false));
                }

                if (latest.Soft >= 0)
                {
                    marks.Add(new PurgeMark(latest.Soft, [name], [], Soft: true));
                }
            }

            marks.AddRange(_patterns.Select(static one => new PurgeMark(one.Offset, [], [one.Pattern], one.Soft)));
            return (_next, marks);
        }
    }

    /// <summary>Forgets all purges, and begins an order at its own offset: nothing is held that began before.</summary>
    public void Begin(long next)
    {
        lock (_gate)
        {
            _names.Clear();
            _patterns.Clear();
            _floor = 0;
            Volatile.Write(ref _next, next);
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

    /// <summary>Records that an unsafe request changed what the names stand for (RFC 9111 §4.4).</summary>
    public void Invalidate(IEnumerable<UInt128> names)
    {
        lock (_gate)
        {
            _invalidations.Add(names);
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

    private PurgeMark Remember(PurgeMark mark)
    {
        if (mark.IsFloor || _names.Count + mark.Names.Count > maxPurges || _patterns.Count + mark.Patterns.Count > MaxPatterns)
        {
            mark = PurgeMark.Floor(mark.Offset);
            Forget(mark.Offset);
            _floor = Math.Max(_floor, mark.Offset + 1);
        }

        foreach (var name in mark.Names)
        {
            var latest = _names.TryGetValue(name, out var known) ? known : Latest.None;
            _names[name] = mark.Soft ? latest with { Soft = Math.Max(latest.Soft, mark.Offset) } : latest with { Hard = Math.Max(latest.Hard, mark.Offset) };
        }

        foreach (var pattern in mark.Patterns)
        {
            // In the order of offsets, which is that of coming but for what is restored.
            var at = _patterns.Count;
            for (; at > 0 && _patterns[at - 1].Offset > mark.Offset; at--)
            {
            }

            _patterns.Insert(at, (pattern, mark.Offset, mark.Soft));
        }

        Volatile.Write(ref _next, Math.Max(_next, mark.Offset + 1));
        return mark;
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
