using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Millrace.Delivery.Storage.Disk;

namespace Millrace.Bench.DiskTier;

/// <summary>
/// The two sides of the crash test of the disk tier: one writes objects and removals until it is killed or the power goes, and says which removals
/// were flushed; the other opens what is left, reads every object, and fails on a byte that is not its own or a removed object that is back.
/// </summary>
internal static class DiskCrash
{
    private const int Names = 300;
    private const int LargestBytes = 300_000;

    private static DiskOptions Options(string folder) =>
        new() { Folder = folder, MaxBytes = 64 << 20, SegmentBytes = 4 << 20, SliceBytes = 64 << 10, InlineBytes = 16 << 10 };

    /// <summary>Prints <c>removed NAME VERSION</c> for each flushed removal: of that object, versions up to that one must never be read again.</summary>
    public static async Task<int> WriteAsync(string folder, string run)
    {
        var version = long.Parse(run, CultureInfo.InvariantCulture) * 100_000_000;
        await using var tier = await OpenAsync(folder);
        var probe = Path.Combine(folder, "probe");
        await File.WriteAllTextAsync(probe, "");
        await tier.FlushAsync(default);
        Console.Out.WriteLine("open");
        while (true)
        {
            for (var i = 0; i < 20; i++)
            {
                var name = RandomNumberGenerator.GetInt32(Names);
                Put(tier, name, ++version, RandomNumberGenerator.GetInt32(2) == 0 ? RandomNumberGenerator.GetInt32(10_000) : RandomNumberGenerator.GetInt32(LargestBytes));
            }

            var gone = RandomNumberGenerator.GetInt32(Names);
            tier.Remove(tier.KeyOf(Key(gone)));
            try
            {
                await tier.FlushAsync(default);
            }
            catch (IOException)
            {
                return 0;
            }

            // A simulated power cut lets the processor run on: what is said after it is no promise (see JournalWriter).
            Console.Out.WriteLine($"{(Opens(probe) ? "removed" : "late")} {gone} {version}");
        }
    }

    /// <summary>Exit code 1 when a wrong byte was read or a removed object is back.</summary>
    public static async Task<int> CheckAsync(string folder, string said)
    {
        // A cut may leave half a line, which was not said.
        var removed = File.ReadAllText(said).Split('\n')[..^1]
            .Where(static line => line.StartsWith("removed ", StringComparison.Ordinal)).Select(static line => line.Split(' '))
            .GroupBy(static parts => int.Parse(parts[1], CultureInfo.InvariantCulture))
            .ToDictionary(static group => group.Key, static group => group.Max(static parts => long.Parse(parts[2], CultureInfo.InvariantCulture)));
        await using var tier = await OpenAsync(folder);
        await tier.FlushAsync(default);
        int whole = 0, part = 0, wrong = 0, back = 0;
        var found = new DiskEntry[1];
        for (var name = 0; name < Names; name++)
        {
            if (tier.Find(tier.KeyOf(Key(name)), found) == 0 || await tier.ReadHeadAsync(found[0], default) is not { } head)
            {
                continue;
            }

            using (head)
            {
                var version = long.Parse(Encoding.ASCII.GetString(head.Head.Span), CultureInfo.InvariantCulture);
                back += version <= removed.GetValueOrDefault(name) ? 1 : 0;
                var body = Body(name, version, (int)found[0].BodyLength);
                wrong += found[0].IsInline && !head.Body.Span.SequenceEqual(body) ? 1 : 0;
                var held = 0;
                for (var i = 0; !found[0].IsInline && i < found[0].SliceCount; i++)
                {
                    using var slice = await tier.ReadSliceAsync(found[0], i, default);
                    held += slice is null ? 0 : 1;
                    wrong += slice is not null && !slice.Memory.Span.SequenceEqual(body.AsSpan(i * found[0].SliceBytes, slice.Memory.Length)) ? 1 : 0;
                }

                _ = found[0].IsInline || held == found[0].SliceCount ? whole++ : part++;
            }
        }

        var faults = tier.CheckIntegrity();
        var reasons = string.Join(' ', tier.Stats.ByReason.Where(static reason => reason.Value > 0).Select(static reason => $"{reason.Key}={reason.Value}"));
        Console.WriteLine($"whole {whole} part {part} wrong {wrong} back {back} faults {faults.Count} removals {removed.Count} {reasons}");
        return wrong + back + faults.Count == 0 ? 0 : 1;
    }

    private static ValueTask<Millrace.Delivery.Storage.Disk.DiskTier> OpenAsync(string folder) =>
        Millrace.Delivery.Storage.Disk.DiskTier.OpenAsync(
            Options(folder), LocalDiskFiles.Instance, TimeProvider.System, static () => BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8)));

    private static void Put(Millrace.Delivery.Storage.Disk.DiskTier tier, int name, long version, int length)
    {
        using var fill = tier.TryBegin(tier.KeyOf(Key(name)), 0, length);
        if (fill is not null && fill.Append(Body(name, version, length)))
        {
            fill.Commit(Encoding.ASCII.GetBytes(version.ToString(CultureInfo.InvariantCulture)));
        }
    }

    private static byte[] Key(int name) => Encoding.ASCII.GetBytes($"http://h/{name}");

    private static byte[] Body(int name, long version, int length)
    {
        var state = ((ulong)version * 1000) + (ulong)name;
        var bytes = new byte[length];
        foreach (ref var b in bytes.AsSpan())
        {
            state = (state * 6364136223846793005) + 1442695040888963407;
            b = (byte)(state >> 56);
        }

        return bytes;
    }

    private static bool Opens(string probe)
    {
        try
        {
            using var handle = File.OpenHandle(probe);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
