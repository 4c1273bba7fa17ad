using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;
using Millrace.Journal;

namespace Millrace.Flywheel;

/// <summary>
/// Which tokens were spent on which event: a token attests one event of each type, so that a copied URL cannot be clicked a thousand times.
/// Remembers in two generations, each as long as a token lives, so that every use is known for at least that long. Bounded in count: when a
/// generation is full the older one is dropped early and counted, which may let a replay through but never refuses an honest event.
/// </summary>
internal sealed class SpentTokens
{
    private readonly Lock _lock = new();
    private readonly TimeSpan _life;
    private readonly int _maxPerGeneration;
    private Dictionary<UInt128, UInt128> _young = [];
    private Dictionary<UInt128, UInt128> _old = [];
    private UnixMicros _turn;
    private long _droppedEarly;

    /// <param name="life">How long a token is valid.</param>
    /// <param name="max">How many spent tokens are remembered; 32 bytes and the table's overhead each.</param>
    public SpentTokens(TimeSpan life, int max)
    {
        _life = life;
        _maxPerGeneration = Math.Max(1, max / 2);
    }

    /// <summary>How often the bound forced young entries out before their time.</summary>
    public long DroppedEarly => Interlocked.Read(ref _droppedEarly);

    /// <summary>Spends the token on the event; the same event may spend it again, since a retry is the same event.</summary>
    /// <returns>False when another event of that type has spent it.</returns>
    public bool TrySpend(DeliveryToken token, string eventType, string eventId, UnixMicros now)
    {
        var use = Hash(token.Tenant, token.Decision, token.Item, eventType);
        var spender = Hash(token.Tenant, eventId, "", "");
        lock (_lock)
        {
            Turn(now);
            if (_old.TryGetValue(use, out var earlier))
            {
                return earlier == spender;
            }

            ref var entry = ref CollectionsMarshal.GetValueRefOrAddDefault(_young, use, out var known);
            if (known)
            {
                return entry == spender;
            }

            entry = spender;
            return true;
        }
    }

    private void Turn(UnixMicros now)
    {
        var full = _young.Count >= _maxPerGeneration;
        if (!full && now - _turn < _life)
        {
            return;
        }

        if (full && now - _turn < _life)
        {
            Interlocked.Add(ref _droppedEarly, _old.Count);
        }

        (_old, _young) = (_young, _old);
        _young.Clear();
        _turn = now;
    }

    private static UInt128 Hash(string a, string b, string c, string d)
    {
        // Lengths before texts: no two different lists of texts make the same bytes.
        Span<byte> bytes = stackalloc byte[4 * (2 + 128 * 3)];
        var length = 0;
        foreach (var text in (ReadOnlySpan<string>)[a, b, c, d])
        {
            var written = Encoding.UTF8.GetBytes(text, bytes[(length + 2)..]);
            MemoryMarshal.Write(bytes[length..], (ushort)written);
            length += written + 2;
        }

        return XxHash128.HashToUInt128(bytes[..length]);
    }
}
