using CsCheck;
using Millrace.Features.Online;

namespace Millrace.Tests.Features;

public sealed class SlotIndexTests
{
    // Few homes, at the end of a table and at its beginning, so that runs wrap around; some whole hashes are the same.
    private static readonly ulong[] Homes = [0, 1, 2, 13, 14, 15, 30, 31, 62, 63, 127];
    private static readonly Gen<ulong> Hashes = Gen.Select(Gen.Int[0, 3], Gen.Int[0, Homes.Length - 1], (high, home) => ((ulong)high << 32) | Homes[home]);

    [Fact]
    public void Every_slot_is_found_by_its_hash_and_no_other_is() => Gen.Select(Hashes, Gen.Bool, Gen.Int[0, 1_000]).Array[0, 120].Sample(steps =>
    {
        var (index, model) = (new SlotIndex(), new List<(ulong Hash, int Slot)>());
        for (var i = 0; i < steps.Length; i++)
        {
            var (hash, adds, which) = steps[i];
            if (adds || model.Count == 0)
            {
                index.Add(hash, i);
                model.Add((hash, i));
            }
            else
            {
                var at = which % model.Count;
                index.Remove(model[at].Hash, model[at].Slot);
                model.RemoveAt(at);
            }

            Assert.Equal(model.Count, index.Count);
            foreach (var asked in steps.Select(step => step.Item1).Distinct())
            {
                Assert.Equal(model.Where(entry => entry.Hash == asked).Select(entry => entry.Slot).Order(), Found(index, asked).Order());
            }
        }
    });

    private static List<int> Found(SlotIndex index, ulong hash)
    {
        var (found, at) = (new List<int>(), -1);
        while (index.Next(hash, ref at) is var slot and >= 0)
        {
            found.Add(slot);
        }

        return found;
    }
}
