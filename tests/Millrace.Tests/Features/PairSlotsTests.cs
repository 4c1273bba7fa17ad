using CsCheck;
using Millrace.Features.Online;

namespace Millrace.Tests.Features;

public sealed class PairSlotsTests
{
    [Fact]
    public void Pairs_have_the_slots_that_a_dictionary_would_say() => Gen.Select(Gen.Int[0, 30], Gen.Int[0, 30], Gen.Int[0, 1_000], Gen.Int[0, 9]).Array[0, 2_000].Sample(
        steps =>
        {
            var slots = new PairSlots();
            var expected = new Dictionary<(int, int), int>();
            foreach (var (from, to, slot, kind) in steps)
            {
                switch (kind)
                {
                    case < 6:
                        slots.Set(from, to, slot);
                        expected[(from, to)] = slot;
                        break;
                    case < 9 when expected.Remove((from, to)):
                        slots.Remove(from, to);
                        break;
                    case 9:
                        slots.Trim();
                        break;
                }
            }

            Assert.Equal(expected.Count, slots.Count);
            for (var pair = 0; pair < 31 * 31; pair++)
            {
                Assert.Equal(expected.GetValueOrDefault((pair / 31, pair % 31), -1), slots.Find(pair / 31, pair % 31));
            }
        },
        iter: 50);

    [Fact]
    public void Memory_is_given_back_once_most_pairs_are_gone()
    {
        var slots = new PairSlots();
        for (var i = 0; i < 10_000; i++)
        {
            slots.Set(i, i + 1, i);
        }

        var most = slots.Capacity;
        for (var i = 100; i < 10_000; i++)
        {
            slots.Remove(i, i + 1);
        }

        slots.Trim();

        Assert.True(slots.Capacity <= most / 8, $"{slots.Capacity} places of {most}");
        Assert.All(Enumerable.Range(0, 100), i => Assert.Equal(i, slots.Find(i, i + 1)));
    }
}
