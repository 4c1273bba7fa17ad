using System.Runtime.CompilerServices;

namespace Millrace.Delivery.Compression;

/// <summary>A body's conversions, one of each coding at most. Read by anybody; each slot is claimed before it is filled.</summary>
/// <param name="coding">The coding of the body itself.</param>
internal sealed class ConversionSlots(ContentCoding coding)
{
    /// <summary>Of bodies that are not converted.</summary>
    public static readonly ConversionSlots None = new(ContentCoding.Identity);

    private readonly Lock _decoding = new();
    private Slots _slots;

    public ContentCoding Coding { get; } = coding;

    /// <summary>The conversion, or null: not made, not yet, or not to be.</summary>
    /// <param name="wanted">The coding.</param>
    /// <param name="asks">Whether that counts as asking for it.</param>
    public Conversion? Find(ContentCoding wanted, bool asks = true)
    {
        var conversion = Volatile.Read(ref _slots[(int)wanted]);
        if (conversion is null || conversion == Conversion.None)
        {
            return null;
        }

        if (asks && !conversion.Asked)
        {
            conversion.Asked = true;
        }

        return conversion;
    }

    /// <summary>True for the first who asks: who gets it makes the conversion, or gives the slot back.</summary>
    public bool TryClaim(ContentCoding wanted) => Interlocked.CompareExchange(ref _slots[(int)wanted], Conversion.None, null) is null;

    /// <summary>The plain body of one that came coded, made by the first who needs it while others wait; null when it cannot be decoded.</summary>
    /// <param name="decode">Makes it.</param>
    /// <param name="isNew">Whether this call made it.</param>
    public Conversion? FindOrDecode(Func<Conversion?> decode, out bool isNew)
    {
        isNew = false;
        if (Find(ContentCoding.Identity) is { } known)
        {
            return known;
        }

        lock (_decoding)
        {
            // Claimed and not filled: it could not be decoded, and will not be the next time.
            if (TryClaim(ContentCoding.Identity) && decode() is { } made)
            {
                isNew = true;
                Fill(ContentCoding.Identity, made);
            }

            return Find(ContentCoding.Identity);
        }
    }

    public void Fill(ContentCoding wanted, Conversion conversion) => Volatile.Write(ref _slots[(int)wanted], conversion);

    public void Clear(ContentCoding wanted) => Volatile.Write(ref _slots[(int)wanted], null);

    [InlineArray(ContentCodings.Count)]
    private struct Slots
    {
        private Conversion? _first;
    }
}
