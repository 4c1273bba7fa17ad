namespace Millrace.Delivery.Storage.Disk;

/// <summary>Recounts a <see cref="RecordMap"/>, for tests after a soak.</summary>
internal static class RecordMapCheck
{
    /// <summary>What does not add up.</summary>
    public static IReadOnlyList<string> Faults(RecordMap map)
    {
        var (entries, slices) = map.Tables;
        List<string> faults = [];
        Dictionary<uint, int> live = [];
        foreach (var slot in entries.All())
        {
            var entry = entries[slot];
            Expect(entries.Find(entry.Key, entry.Variant, entry.Generation) == slot, "an entry is not found under its own key");
            Count(entry.Head);
            var listed = 0;
            for (var slice = entry.FirstSlice; slice != 0; slice = slices[slice].After)
            {
                Expect(slices[slice].Entry == slot && slices.Find(slot, slices[slice].Index) == slice, "an entry lists another's slice");
                Count(slices[slice].Place);
                listed++;
            }

            Expect(listed == entry.Slices, $"an entry lists {listed} slices and counts {entry.Slices}");
        }

        Expect(entries.All().Count() == entries.Count, "entries are miscounted");
        Expect(entries.All().Sum(slot => entries[slot].Slices) == slices.Count, "slices lie outside all entries");
        Expect(map.Segments.All.Values.All(segment => segment.Live == live.GetValueOrDefault(segment.Id)), "a segment miscounts what lies in it");
        Expect(live.Keys.All(map.Segments.All.ContainsKey), "a record lies in a segment that is not there");
        return faults;

        void Count(RecordPlace place)
        {
            if (!place.IsNowhere)
            {
                live[place.Segment] = live.GetValueOrDefault(place.Segment) + 1;
            }
        }

        void Expect(bool holds, string fault)
        {
            if (!holds)
            {
                faults.Add(fault);
            }
        }
    }
}
