using System.Runtime.InteropServices;
using Millrace.Features.Definitions;
using Millrace.Journal.Facts;

namespace Millrace.Features.Online;

/// <summary>A decayed count of a person's events, or a decayed sum of their values in thousandths.</summary>
internal sealed record PersonDecayKey(PersonEntity Of, string Event, TimeSpan HalfLife, string? Unit = null) : PersonKey
{
    internal override PersonEntity Of { get; } = Of;

    internal override TimeSpan Reach => HalfLife * ForwardDecay.Kept;

    /// <summary>The half-life, µs.</summary>
    internal long Micros => HalfLife.Ticks / TimeSpan.TicksPerMicrosecond;

    internal override bool Takes(Observed observed) => EventAmount.IsOf(Unit, observed);

    internal override PersonState Create() => new PersonDecay(this);
}

/// <summary>The words of <see cref="ForwardDecay"/>.</summary>
internal sealed class PersonDecay(PersonDecayKey key) : PersonState
{
    private readonly long _halfLife = key.Micros;

    /// <summary>The sum as it is at <paramref name="time"/>, Unix µs.</summary>
    internal static double Read(ReadOnlySpan<byte> section, PersonDecayKey key, long time) =>
        section.IsEmpty ? 0 : new ForwardDecay.Moment(time, key.Micros).Sum(MemoryMarshal.Cast<byte, long>(section));

    internal override bool Wants(string @event) => @event == key.Event;

    internal override void Apply(in FoldedEvent folded, SectionEditor section)
    {
        if (EventAmount.Thousandths(key.Unit, folded) is { } amount
            && !ForwardDecay.Add(MemoryMarshal.Cast<byte, long>(section.Resize(ForwardDecay.Words * sizeof(long))), folded.Time, _halfLife, amount))
        {
            section.Cut();
        }
    }

    internal override string Describe(ReadOnlySpan<byte> section) => string.Join(' ', MemoryMarshal.Cast<byte, long>(section).ToArray());
}
