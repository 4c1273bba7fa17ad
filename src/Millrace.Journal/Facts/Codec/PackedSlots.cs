using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Millrace.Journal.Facts.Codec;

/// <summary>
/// A slate: per slot its name, then the items by columns: ids, scores, propensities, and per item one number of source bits above the bits
/// explored and explorable. Ten items with UUIDs take about 300 bytes. Closed: what a later release adds to an item gets a field of its own.
/// </summary>
internal static class PackedSlots
{
    private const uint ExploredBit = 1;
    private const uint ExplorableBit = 2;
    private const int FlagBits = 2;

    public static void Write(FieldWriter writer, ImmutableArray<DecidedSlot> slots)
    {
        writer.Varint((ulong)slots.Length);
        foreach (var slot in slots)
        {
            writer.RawText(slot.Slot);
            var ids = new string[slot.Items.Length];
            var scores = new double[ids.Length];
            var propensities = new double[ids.Length];
            for (var i = 0; i < ids.Length; i++)
            {
                (ids[i], scores[i], propensities[i]) = (slot.Items[i].Item, slot.Items[i].Score, slot.Items[i].Propensity);
            }

            PackedIds.Write(writer, ids);
            PackedDoubles.Write(writer, scores);
            PackedDoubles.Write(writer, propensities);
            foreach (var item in slot.Items)
            {
                var flags = (item.Explored ? ExploredBit : 0) | (item.Explorable ? ExplorableBit : 0);
                writer.Varint(((ulong)item.Sources << FlagBits) | flags);
            }
        }
    }

    public static ImmutableArray<DecidedSlot> Read(ByteCursor cursor)
    {
        var slots = new DecidedSlot[cursor.Count(least: 2)];
        for (var s = 0; s < slots.Length; s++)
        {
            var name = cursor.Word();
            var ids = PackedIds.Read(ref cursor);
            var scores = PackedDoubles.Read(ref cursor, ids.Length);
            var propensities = PackedDoubles.Read(ref cursor, ids.Length);
            var items = new DecidedItem[ids.Length];
            for (var i = 0; i < items.Length; i++)
            {
                var bits = cursor.Varint();
                items[i] = new DecidedItem(
                    ids[i], scores[i], propensities[i], (bits & ExploredBit) != 0, (bits & ExplorableBit) != 0, (uint)(bits >> FlagBits));
            }

            slots[s] = new DecidedSlot(name, ImmutableCollectionsMarshal.AsImmutableArray(items));
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(slots);
    }
}
