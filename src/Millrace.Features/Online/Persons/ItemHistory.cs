using System.Runtime.InteropServices;
using Millrace.Features.Definitions;
using Millrace.Journal;

namespace Millrace.Features.Online;

/// <summary>The last items of a person with one of a few events.</summary>
/// <param name="Of">Whose.</param>
/// <param name="Events">The events, separated by line feeds, which no event's name holds.</param>
/// <param name="Most">How many items are kept.</param>
/// <param name="Kept">After so long an entry is of no interest any more.</param>
internal sealed record ItemHistoryKey(PersonEntity Of, string Events, int Most, TimeSpan Kept) : PersonKey
{
    internal override PersonEntity Of { get; } = Of;

    internal override TimeSpan Reach => Kept;

    internal override PersonState Create() => new ItemHistory(this);
}

/// <summary>One item of a history.</summary>
/// <param name="Time">Unix µs of its last event.</param>
/// <param name="Item">The item's hash.</param>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal readonly record struct HistoryEntry(long Time, ulong Item)
{
    /// <summary>Newest first, then by item: an order that depends on nothing else.</summary>
    internal bool ComesBefore(in HistoryEntry other) => Time != other.Time ? Time > other.Time : Item < other.Item;
}

/// <summary>
/// Items without repeats, newest first, each with its latest time: the first n by (time, item), a maximum that does not depend on the order in which it is taken.
/// </summary>
internal sealed class ItemHistory(ItemHistoryKey key) : PersonState
{
    private const int Entry = 16;

    private readonly string[] _events = key.Events.Split('\n');

    /// <summary>The entries of a section of this kind.</summary>
    internal static ReadOnlySpan<HistoryEntry> Entries(ReadOnlySpan<byte> section) => MemoryMarshal.Cast<byte, HistoryEntry>(section);

    internal override bool Wants(string @event) => _events.AsSpan().Contains(@event);

    internal override void Apply(in FoldedEvent folded, SectionEditor section)
    {
        var entry = new HistoryEntry(folded.Time, folded.Item);
        var entries = MemoryMarshal.Cast<byte, HistoryEntry>(section.Bytes);
        var known = IndexOf(entries, folded.Item);
        if (known >= 0 && entries[known].Time >= entry.Time)
        {
            return;
        }

        if (known < 0)
        {
            if (entries.Length == key.Most && !entry.ComesBefore(entries[^1]))
            {
                return;
            }

            entries = MemoryMarshal.Cast<byte, HistoryEntry>(section.Resize(Math.Min(entries.Length + 1, key.Most) * Entry));
            known = entries.Length - 1;
        }

        for (; known > 0 && entry.ComesBefore(entries[known - 1]); known--)
        {
            entries[known] = entries[known - 1];
        }

        entries[known] = entry;
    }

    internal override string Describe(ReadOnlySpan<byte> section) => Text(section);

    /// <summary>Entries as text.</summary>
    internal static string Text(ReadOnlySpan<byte> section)
    {
        var texts = new List<string>();
        foreach (var entry in Entries(section))
        {
            texts.Add($"{entry.Item:x16}@{new UnixMicros(entry.Time)}");
        }

        return string.Join(' ', texts);
    }

    private static int IndexOf(ReadOnlySpan<HistoryEntry> entries, ulong item)
    {
        for (var i = 0; i < entries.Length; i++)
        {
            if (entries[i].Item == item)
            {
                return i;
            }
        }

        return -1;
    }
}
