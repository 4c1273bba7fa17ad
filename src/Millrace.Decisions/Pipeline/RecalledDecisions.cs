using System.IO.Hashing;
using System.Text;
using Millrace.Journal;

namespace Millrace.Decisions.Pipeline;

/// <summary>Where and for whom a decision was taken: what its events inherit.</summary>
/// <param name="Surface">The surface.</param>
/// <param name="Segment">The segment whose list the ladder would use; null when it had none.</param>
public sealed record DecisionContext(string Surface, string? Segment);

/// <summary>
/// The context and the request's hash of each decision, for as long as its events may come: 16 bytes under a hash of 16. Kept in two generations, each
/// as long as a life; when one is full the older is dropped early and counted. Thread-safe.
/// </summary>
internal sealed class RecalledDecisions(TimeSpan life, int most)
{
    /// <summary>Segments are the callers' words: of more than this many contexts the further ones are not kept here, the journal still knows them.</summary>
    private const int MostContexts = 4096;

    private readonly Lock _lock = new();
    private readonly List<DecisionContext> _contexts = [];
    private readonly Dictionary<DecisionContext, int> _numbers = [];
    private readonly int _mostPerGeneration = Math.Max(1, most / 2);
    private Dictionary<UInt128, Entry> _young = [];
    private Dictionary<UInt128, Entry> _old = [];
    private UnixMicros _turned;
    private long _forgottenEarly;

    /// <summary>How many were forgotten before their time because the bound was hit.</summary>
    internal long ForgottenEarly => Interlocked.Read(ref _forgottenEarly);

    internal void Keep(string tenant, string id, ulong request, DecisionContext context, UnixMicros now)
    {
        if (most == 0) return;
        lock (_lock)
        {
            Turn(now);
            _young[Key(tenant, id)] = new Entry(request, Number(context), (uint)(now.Value / UnixMicros.PerSecond));
        }
    }

    /// <summary>The decision's context; null when it is not known here.</summary>
    internal DecisionContext? Context(string tenant, string id)
    {
        lock (_lock)
        {
            return Find(tenant, id) is { Context: >= 0 and var number } ? _contexts[number] : null;
        }
    }

    /// <summary>The hash of the request that used this id since <paramref name="since"/>; null when none is known.</summary>
    internal ulong? Request(string tenant, string id, UnixMicros since)
    {
        lock (_lock)
        {
            return Find(tenant, id) is { } entry && entry.Second >= since.Value / UnixMicros.PerSecond ? entry.Request : null;
        }
    }

    private Entry? Find(string tenant, string id)
    {
        UInt128 key = Key(tenant, id);
        return _young.TryGetValue(key, out Entry entry) || _old.TryGetValue(key, out entry) ? entry : null;
    }

    /// <summary>A tenant holds no control character, hence no two pairs make the same bytes.</summary>
    private static UInt128 Key(string tenant, string id)
    {
        int most = Encoding.UTF8.GetMaxByteCount(tenant.Length + id.Length + 1);
        Span<byte> text = most <= 1024 ? stackalloc byte[1024] : new byte[most];
        int length = Encoding.UTF8.GetBytes(tenant, text);
        text[length++] = 0;
        length += Encoding.UTF8.GetBytes(id, text[length..]);
        return XxHash128.HashToUInt128(text[..length]);
    }

    private int Number(DecisionContext context)
    {
        if (_numbers.TryGetValue(context, out int number)) return number;
        if (_contexts.Count >= MostContexts) return -1;
        _numbers.Add(context, _contexts.Count);
        _contexts.Add(context);
        return _contexts.Count - 1;
    }

    private void Turn(UnixMicros now)
    {
        bool full = _young.Count >= _mostPerGeneration;
        bool due = now - _turned >= life;
        if (!full && !due) return;
        if (!due) Interlocked.Add(ref _forgottenEarly, _old.Count);
        (_old, _young) = (_young, _old);
        _young.Clear();
        _turned = now;
    }

    private readonly record struct Entry(ulong Request, int Context, uint Second);
}
