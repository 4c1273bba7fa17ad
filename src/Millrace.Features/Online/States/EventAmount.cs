namespace Millrace.Features.Online;

/// <summary>What an event adds to a sum. Values are bounded, so that one absurd event cannot make a sum of millions overflow.</summary>
internal static class EventAmount
{
    /// <summary>A thousand million units, in millionths.</summary>
    private const long Most = 1_000_000_000_000_000;

    /// <summary>How many millionths it adds; one for itself when no unit is asked for, null when it has no value of the unit.</summary>
    internal static long? Micros(string? unit, in FoldedEvent folded) => unit is null ? 1
        : folded.Fact.ValueMicros is { } value && folded.Fact.Unit == unit ? Math.Clamp(value, -Most, Most)
        : null;

    /// <summary>As <see cref="Micros"/>, in thousandths, halves away from zero: decayed sums multiply by up to 2^20.</summary>
    internal static long? Thousandths(string? unit, in FoldedEvent folded) => unit is null ? 1
        : Micros(unit, folded) is { } micros ? (micros + (micros < 0 ? -500 : 500)) / 1000
        : null;
}
