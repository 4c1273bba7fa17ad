using System.Globalization;

namespace Millrace.Delivery.Tests.Disk;

public class DiskPowerCutTests
{
    /// <summary>
    /// A disk that after each cut holds any mixture of old and new pages of what was not synced. What was removed and flushed stays removed, and
    /// whatever is read is whole.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Power_cut_at_any_moment_leaves_whole_objects_and_undoes_no_flushed_removal(int seed)
    {
        var state = (ulong)seed;
        FaultyDisk disk = new();
        Dictionary<string, int> floor = [];
        var version = 0;
        for (var cut = 0; cut < 100; cut++)
        {
            // Not disposed: the power is gone before it can end.
            var tier = await DiskObjects.OpenReadyAsync(disk, nonces: (ulong)((seed * 1000) + cut));
            for (var steps = Below(60); steps > 0; steps--)
            {
                var name = Below(25).ToString(CultureInfo.InvariantCulture);
                if (Below(4) == 0)
                {
                    tier.Remove(tier.KeyOf(name));
                    await tier.FlushAsync();
                    floor[name] = version;
                }
                else
                {
                    tier.Put(name, ++version, Below(2) == 0 ? Below(900) : Below(20_000));
                }
            }

            if (Below(2) == 0)
            {
                await tier.FlushAsync();
            }

            disk = disk.AfterPowerCut(Below);
            await using var again = await DiskObjects.OpenReadyAsync(disk, nonces: (ulong)((seed * 1000) + cut + 500));
            for (var i = 0; i < 25; i++)
            {
                var name = i.ToString(CultureInfo.InvariantCulture);
                var read = await again.ReadAsync(name);
                Assert.True(read is null || read > floor.GetValueOrDefault(name), $"cut {cut}: {name}@{read} was removed at {floor.GetValueOrDefault(name)}");
            }

            Assert.Empty(again.CheckIntegrity());
        }

        int Below(int bound)
        {
            state = (state * 6364136223846793005) + 1442695040888963407;
            return (int)((state >> 33) % (ulong)bound);
        }
    }
}
