using Millrace.Features.Online;

namespace Millrace.Tests.Features;

public sealed class RowSlabsTests
{
    [Fact]
    public void A_slab_that_keeps_rows_which_cannot_be_moved_is_left_alone_until_the_next_freeze()
    {
        var slabs = new RowSlabs(1);
        int[] slots = [.. Enumerable.Range(0, 20).Select(row => slabs.Append(row, 0))];
        foreach (var slot in slots[..15])
        {
            slabs.Leave(slot);
        }

        Assert.True(slabs.Empties(0));
        Assert.Equal(16, GoThrough());
        Assert.False(slabs.Empties(0));
        slabs.Share();
        Assert.True(slabs.Empties(0));
        Assert.Equal(16, GoThrough());

        int GoThrough()
        {
            var looked = 0;
            while (slabs.NextToMove() is not null)
            {
                looked++;
            }

            return looked;
        }
    }
}
