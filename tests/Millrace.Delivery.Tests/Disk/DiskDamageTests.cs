using System.Globalization;

namespace Millrace.Delivery.Tests.Disk;

/// <summary>Issue 3, "Must" 5: no damage to the files brings a wrong byte to a reader.</summary>
public class DiskDamageTests
{
    private const int Objects = 60;
    private const int HeaderBytes = 64;

    private static readonly string[] Kept = [.. Enumerable.Range(0, Objects).Select(static i => i.ToString(CultureInfo.InvariantCulture))];
    private static readonly string[] Removed = ["removed 0", "removed 1", "removed 2", "removed 3"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Ten_thousand_random_cuts_and_flips_bring_no_wrong_byte_to_a_reader(int seed)
    {
        var image = await ImageAsync();
        Damage damage = new((ulong)seed);
        int read = 0, lost = 0;
        for (var i = 0; i < 5_000; i++)
        {
            var files = image.ToDictionary(static file => file.Key, static file => (byte[])file.Value.Clone(), StringComparer.Ordinal);
            damage.Strike(files);
            await using var tier = await DiskObjects.OpenReadyAsync(FaultyDisk.With(files), nonces: 1000 + (ulong)i);
            var last = image.Keys.Where(static path => path.EndsWith(".seg", StringComparison.Ordinal)).Max(StringComparer.Ordinal)!;
            var lastIsWhole = files.TryGetValue(last, out var bytes) && bytes.AsSpan().StartsWith(image[last].AsSpan(0, HeaderBytes));
            foreach (var name in Kept)
            {
                _ = await tier.ReadAsync(name) is null ? lost++ : read++;
            }

            foreach (var name in Removed)
            {
                // What was removed before the newest segment began stays away, whatever happened to the record that says so.
                Assert.True(!lastIsWhole || tier.Find(name) is null, $"{name} is back after {damage}");
            }

            Assert.Empty(tier.CheckIntegrity());
        }

        // The damage was damage, and what it spared was read.
        Assert.InRange(lost, 5_000, 5_000 * Objects / 2);
        Assert.InRange(read, 5_000 * Objects / 2, 5_000 * Objects);
    }

    [Fact]
    public async Task Damage_under_a_running_tier_brings_no_wrong_byte_to_a_reader()
    {
        var image = await ImageAsync();
        Damage damage = new(3);
        var lost = 0;
        for (var i = 0; i < 2_000; i++)
        {
            var disk = FaultyDisk.With(image);
            await using var tier = await DiskObjects.OpenReadyAsync(disk);
            var files = disk.Bytes;
            damage.Strike(files);
            foreach (var (path, bytes) in files)
            {
                disk.Damage(path, _ => bytes);
            }

            foreach (var name in Kept)
            {
                lost += await tier.ReadAsync(name) is null ? 1 : 0;
            }

            // What was found damaged is gone from the index, and is fetched and written anew.
            Assert.True(tier.Put(Kept[0], 9, 5_000));
            await tier.FlushAsync();
            Assert.Equal(9, await tier.ReadAsync(Kept[0]));
            Assert.Empty(tier.CheckIntegrity());
        }

        Assert.InRange(lost, 1_000, 2_000 * Objects / 2);
    }

    /// <summary>Six segments: small bodies, large ones, versions that took others' place, removals.</summary>
    private static async Task<Dictionary<string, byte[]>> ImageAsync()
    {
        FaultyDisk disk = new();
        await using (var tier = await DiskObjects.OpenReadyAsync(disk))
        {
            foreach (var name in Removed)
            {
                tier.Put(name, 1, 3_000);
            }

            foreach (var version in (int[])[1, 2])
            {
                for (var i = 0; i < Objects; i++)
                {
                    if (version == 1 || i % 3 == 0)
                    {
                        Assert.True(tier.Put(Kept[i], version, i % 2 == 0 ? 20 * i : 300 * i));
                    }

                    await tier.FlushAsync();
                    if (i == 30 && version == 1)
                    {
                        foreach (var name in Removed)
                        {
                            tier.Remove(tier.KeyOf(name));
                        }
                    }
                }
            }

            foreach (var name in Kept)
            {
                Assert.NotNull(await tier.ReadAsync(name));
            }
        }

        return disk.Bytes;
    }

    /// <summary>Random harm to a set of files.</summary>
    private sealed class Damage(ulong seed)
    {
        private ulong _state = seed;
        private string _last = "";

        public override string ToString() => _last;

        public void Strike(Dictionary<string, byte[]> files)
        {
            _last = "";
            for (var strikes = 1 + Below(3); strikes > 0; strikes--)
            {
                var paths = files.Keys.Where(static path => path.EndsWith(".seg", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToList();
                var path = paths[Below(paths.Count)];
                var other = paths[Below(paths.Count)];
                var kind = Below(12);
                _last += $"[{kind} {Path.GetFileName(path)} {Path.GetFileName(other)}]";
                Strike(kind, path, other, files);
            }
        }

        private void Strike(int kind, string path, string other, Dictionary<string, byte[]> files)
        {
            var bytes = files[path];
            if (bytes.Length < 2 || files[other].Length < 2)
            {
                return;
            }

            var at = Below(bytes.Length);
            var length = 1 + Below(Math.Min(bytes.Length - at, Below(2) == 0 ? 100 : 10_000));
            switch (kind)
            {
                case 0 or 1 or 2 or 3:
                    bytes[at] ^= (byte)(1 << Below(8));
                    break;
                case 4:
                    foreach (ref var b in bytes.AsSpan(at, length))
                    {
                        b = (byte)Below(256);
                    }

                    break;
                case 5:
                    bytes.AsSpan(at, length).Clear();
                    break;
                case 6:
                    files[path] = bytes[..at];
                    break;
                case 7:
                    files[path] = [.. bytes[..at], .. bytes[(at + length)..]];
                    break;
                case 8:
                    CopyRecord(bytes, files[other]);
                    break;
                case 9 when files.Count > 3:
                    files.Remove(path);
                    break;
                case 10:
                    (files[path], files[other]) = (files[other], files[path]);
                    break;
                case 11:
                    var from = files[other];
                    var begin = Below(from.Length);
                    from.AsSpan(begin, Math.Min(length, from.Length - begin)).CopyTo(bytes.AsSpan(at));
                    break;
            }
        }

        /// <summary>Lays one whole record over another, as a disk does that writes to the wrong place.</summary>
        private void CopyRecord(byte[] into, byte[] from)
        {
            var (to, source) = (Records(into), Records(from));
            if (to.Count > 0 && source.Count > 1)
            {
                var i = Below(source.Count - 1);
                var at = to[Below(to.Count)];
                var record = from.AsSpan(source[i], source[i + 1] - source[i]);
                record[..Math.Min(record.Length, into.Length - at)].ToArray().CopyTo(into, at);
            }
        }

        private static List<int> Records(byte[] bytes)
        {
            List<int> found = [];
            for (var at = HeaderBytes; at + Storage.Disk.DiskRecord.HeaderBytes <= bytes.Length && bytes.AsSpan(at).StartsWith("MDSK"u8); at += DiskRecordBytes(bytes.AsSpan(at)))
            {
                found.Add(at);
            }

            return found;
        }

        private static int DiskRecordBytes(ReadOnlySpan<byte> header) =>
            Storage.Disk.DiskRecord.BytesFor(System.Buffers.Binary.BinaryPrimitives.ReadInt32LittleEndian(header[8..]) & 0xffff);

        private int Below(int bound)
        {
            _state = (_state * 6364136223846793005) + 1442695040888963407;
            return (int)((_state >> 33) % (ulong)bound);
        }
    }
}
