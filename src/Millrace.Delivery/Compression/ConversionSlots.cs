using System.Runtime.CompilerServices;

namespace Millrace.Delivery.Compression;

/// <summary>A body's conversions, one of each coding at most. Read by anybody; each slot is claimed before it is filled.</summary>
internal sealed class ConversionSlots
{
    private Slots _slots;

    /// <summary>The conversion, or null: not made, not yet, or not to be.</summary>
    /// <param name="coding">The coding.</param>
    /// <param name="asks">Whether that counts as asking for it.</param>
    public Conversion? Find(ContentCoding coding, bool asks = true)
    {
        var conversion = Volatile.Read(ref _slots[(int)coding]);
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
    public bool TryClaim(ContentCoding coding) => Interlocked.CompareExchange(ref _slots[(int)coding], Conversion.None, null) is null;

    public void Fill(ContentCoding coding, Conversion conversion) => Volatile.Write(ref _slots[(int)coding], conversion);

    public void Clear(ContentCoding coding) => Volatile.Write(ref _slots[(int)coding], null);

    [InlineArray(ContentCodings.Count)]
    private struct Slots
    {
        private Conversion? _first;
    }
}
