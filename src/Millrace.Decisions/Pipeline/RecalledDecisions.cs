using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Decisions.Pipeline;

/// <summary>
/// The context and the request's hash of each decision, for as long as its events may come: 24 bytes under a hash of 16. Kept in two generations, each
/// as long as a life; when one is full the older is dropped early and counted. Thread-safe.
/// </summary>
internal sealed class RecalledDecisions(TimeSpan life, int most)
{
    /// <summary>Contexts are the callers' words: beyond so many bytes of a generation further ones are not kept here, which is counted; the journal still knows them.</summary>
    private const int MostContextBytes = 32 << 20;

    private const int Unknown = -1;

    private readonly Lock _lock = new();
    private readonly int _mostPerGeneration = Math.Max(1, most / 2);
    private Generation _young = new();
    private Generation _old = new();
    private UnixMicros _turned;
    private long _forgottenEarly;

    /// <summary>How many were forgotten before their time because a bound was hit.</summary>
    internal long ForgottenEarly => Interlocked.Read(ref _forgottenEarly);

    internal void Keep(UInt128 key, ulong request, Decided decision, UnixMicros now)
    {
        if (most == 0) return;
        DecisionContext context = DecisionContext.Of(decision);
        ulong subject = decision.Subject is { } person ? DecisionKey.Subject(decision.Tenant, person) : 0;
        lock (_lock)
        {
            Turn(now);
            int number = _young.Number(context);
            if (number == Unknown) Interlocked.Increment(ref _forgottenEarly);
            _young.Entries[key] = new Entry(request, subject, number, (uint)(now.Value / UnixMicros.PerSecond));
        }
    }

    /// <summary>The decision's context; null when it is not known here.</summary>
    internal DecisionContext? Context(UInt128 key)
    {
        lock (_lock)
        {
            Generation from = _young.Entries.TryGetValue(key, out Entry entry) ? _young : _old;
            bool known = ReferenceEquals(from, _young) || _old.Entries.TryGetValue(key, out entry);
            return known && entry.Context != Unknown ? from.Contexts[entry.Context] : null;
        }
    }

    /// <summary>The hash of the request that used this key since <paramref name="since"/>; null when none is known.</summary>
    internal ulong? Request(UInt128 key, UnixMicros since)
    {
        lock (_lock)
        {
            bool known = _young.Entries.TryGetValue(key, out Entry entry) || _old.Entries.TryGetValue(key, out entry);
            return known && entry.Second >= since.Value / UnixMicros.PerSecond ? entry.Request : null;
        }
    }

    /// <summary>Forgets the contexts of these persons' decisions, by <see cref="DecisionKey.Subject"/>; that their ids were used stays known. Looks at every decision.</summary>
    internal void Forget(HashSet<ulong> persons)
    {
        lock (_lock)
        {
            _young.Forget(persons);
            _old.Forget(persons);
        }
    }

    private void Turn(UnixMicros now)
    {
        bool full = _young.Entries.Count >= _mostPerGeneration;
        bool due = now - _turned >= life;
        if (!full && !due) return;
        if (!due) Interlocked.Add(ref _forgottenEarly, _old.Entries.Count);
        (_old, _young) = (_young, _old);
        _young.Clear();
        _turned = now;
    }

    private readonly record struct Entry(ulong Request, ulong Subject, int Context, uint Second);

    /// <summary>Decisions, and the contexts that they share.</summary>
    private sealed class Generation
    {
        private readonly Dictionary<DecisionContext, int> _numbers = [];
        private long _bytes;

        public Dictionary<UInt128, Entry> Entries { get; } = [];

        public List<DecisionContext> Contexts { get; } = [];

        /// <summary>The context's number; <see cref="Unknown"/> when there is no room for it.</summary>
        public int Number(DecisionContext context)
        {
            if (_numbers.TryGetValue(context, out int number)) return number;
            if (_bytes + context.Bytes > MostContextBytes) return Unknown;
            _bytes += context.Bytes;
            _numbers.Add(context, Contexts.Count);
            Contexts.Add(context);
            return Contexts.Count - 1;
        }

        public void Forget(HashSet<ulong> persons)
        {
            List<UInt128> theirs = [];
            foreach (var (key, entry) in Entries)
            {
                if (persons.Contains(entry.Subject)) theirs.Add(key);
            }

            foreach (UInt128 key in theirs) Entries[key] = Entries[key] with { Context = Unknown };
        }

        public void Clear()
        {
            Entries.Clear();
            Contexts.Clear();
            _numbers.Clear();
            _bytes = 0;
        }
    }
}
