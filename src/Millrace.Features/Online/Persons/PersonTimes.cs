using System.Buffers.Binary;
using Millrace.Features.Definitions;
using Millrace.Journal;

namespace Millrace.Features.Online;

/// <summary>When a person last had an event.</summary>
internal sealed record PersonTimesKey(PersonEntity Of, string Event, TimeSpan Kept) : PersonKey
{
    internal override PersonEntity Of { get; } = Of;

    internal override TimeSpan Reach => Kept;

    internal override PersonState Create() => new PersonTimes(this);
}

/// <summary>The latest time, a maximum.</summary>
internal sealed class PersonTimes(PersonTimesKey key) : PersonState
{
    /// <summary>Unix µs; 0 for never, or for longer ago than the key keeps.</summary>
    internal static long Read(ReadOnlySpan<byte> section, PersonTimesKey key, long time)
    {
        var last = section.IsEmpty ? 0 : BinaryPrimitives.ReadInt64LittleEndian(section);
        return last > time - (key.Kept.Ticks / TimeSpan.TicksPerMicrosecond) ? last : 0;
    }

    internal override bool Wants(string @event) => @event == key.Event;

    internal override void Apply(in FoldedEvent folded, SectionEditor section)
    {
        var bytes = section.Bytes;
        if (bytes.IsEmpty)
        {
            bytes = section.Resize(sizeof(long));
        }

        BinaryPrimitives.WriteInt64LittleEndian(bytes, Math.Max(BinaryPrimitives.ReadInt64LittleEndian(bytes), folded.Time));
    }

    internal override string Describe(ReadOnlySpan<byte> section) => section.IsEmpty ? "" : new UnixMicros(BinaryPrimitives.ReadInt64LittleEndian(section)).ToString();
}
