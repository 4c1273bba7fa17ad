using System.Runtime.InteropServices;
using Millrace.Features.Definitions;

namespace Millrace.Features.Online;

/// <summary>The last events of a person of one kind, those of one item each for itself.</summary>
/// <param name="Of">Whose.</param>
/// <param name="Event">The event.</param>
/// <param name="Most">How many are kept.</param>
/// <param name="Kept">After so long one is of no interest any more.</param>
internal sealed record EventHistoryKey(PersonEntity Of, string Event, int Most, TimeSpan Kept) : PersonKey
{
    internal override PersonEntity Of { get; } = Of;

    internal override TimeSpan Reach => Kept;

    internal override PersonState Create() => new EventHistory(this);
}

/// <summary>
/// The first n by (time, item), newest first, of all events: unlike counts by item, which would begin anew for an item that left and came back, they do not depend on the
/// order in which they are taken.
/// </summary>
internal sealed class EventHistory(EventHistoryKey key) : PersonState
{
    private const int Entry = 16;

    internal override bool Wants(string @event) => @event == key.Event;

    internal override void Apply(in FoldedEvent folded, SectionEditor section)
    {
        var entry = new HistoryEntry(folded.Time, folded.Item);
        var entries = MemoryMarshal.Cast<byte, HistoryEntry>(section.Bytes);
        var at = entries.Length;
        if (at == key.Most)
        {
            if (!entry.ComesBefore(entries[^1]))
            {
                return;
            }

            at--;
        }
        else
        {
            entries = MemoryMarshal.Cast<byte, HistoryEntry>(section.Resize((at + 1) * Entry));
        }

        for (; at > 0 && entry.ComesBefore(entries[at - 1]); at--)
        {
            entries[at] = entries[at - 1];
        }

        entries[at] = entry;
    }

    internal override string Describe(ReadOnlySpan<byte> section) => ItemHistory.Text(section);
}
