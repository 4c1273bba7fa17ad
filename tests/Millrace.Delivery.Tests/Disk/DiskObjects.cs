using System.Collections.Concurrent;
using System.Text;
using Millrace.Delivery.Storage.Disk;

namespace Millrace.Delivery.Tests.Disk;

/// <summary>Objects whose bytes follow from their name and version, so that whatever is read can be told right from wrong.</summary>
internal static class DiskObjects
{
    private static readonly ConcurrentDictionary<(string Name, int Version, int Length), byte[]> Bodies = new();

    public static readonly DiskOptions Options = new()
    {
        Folder = "/disk", MaxBytes = 1 << 20, SegmentBytes = 64 << 10, SliceBytes = 4096, InlineBytes = 1024, QueueBytes = 1 << 20, ReadBytes = 1 << 20,
    };

    public static ValueTask<DiskTier> OpenAsync(IDiskFiles files, TimeProvider? time = null, DiskOptions? options = null, ulong nonces = 1)
    {
        var state = nonces;
        return DiskTier.OpenAsync(options ?? Options, files, time ?? TimeProvider.System, () => state += 0x9e37_79b9_7f4a_7c15);
    }

    /// <summary>A tier that has read its files.</summary>
    public static async ValueTask<DiskTier> OpenReadyAsync(IDiskFiles files, TimeProvider? time = null, DiskOptions? options = null, ulong nonces = 1)
    {
        var tier = await OpenAsync(files, time, options, nonces);
        await tier.FlushAsync(TestContext.Current.CancellationToken);
        Assert.True(tier.IsReady);
        return tier;
    }

    public static UInt128 KeyOf(this DiskTier tier, string name) => tier.KeyOf(Encoding.UTF8.GetBytes(name));

    public static byte[] Body(string name, int version, int length) => Bodies.GetOrAdd((name, version, length), static body => Generate(body.Name, body.Version, body.Length));

    private static byte[] Generate(string name, int version, int length)
    {
        var state = (ulong)version * 0x9e37_79b9_7f4a_7c15;
        foreach (var c in name)
        {
            state = (state ^ c) * 0x100_0000_01b3;
        }

        var bytes = new byte[length];
        for (var i = 0; i < length; i++)
        {
            state = (state * 6364136223846793005) + 1442695040888963407;
            bytes[i] = (byte)(state >> 56);
        }

        return bytes;
    }

    public static bool Put(this DiskTier tier, string name, int version, int length, ulong variant = 0)
    {
        using var fill = tier.TryBegin(tier.KeyOf(name), variant, length);
        return fill is not null && fill.Append(Body(name, version, length)) && fill.Commit(Head(name, version));
    }

    public static byte[] Head(string name, int version) => Encoding.UTF8.GetBytes($"{name}@{version}");

    public static Task FlushAsync(this DiskTier tier) => tier.FlushAsync(TestContext.Current.CancellationToken).AsTask();

    public static DiskEntry? Find(this DiskTier tier, string name)
    {
        var found = new DiskEntry[1];
        return tier.Find(tier.KeyOf(name), found) == 0 ? null : found[0];
    }

    /// <summary>The version that is read, or null for none; fails on a byte that is not that version's.</summary>
    public static async Task<int?> ReadAsync(this DiskTier tier, string name)
    {
        var token = TestContext.Current.CancellationToken;
        if (tier.Find(name) is not { } entry)
        {
            return null;
        }

        using var head = await tier.ReadHeadAsync(entry, token);
        if (head is null)
        {
            return null;
        }

        var text = Encoding.UTF8.GetString(head.Head.Span);
        Assert.StartsWith(name + "@", text, StringComparison.Ordinal);
        var version = int.Parse(text[(name.Length + 1)..], System.Globalization.CultureInfo.InvariantCulture);
        var expected = Body(name, version, (int)entry.BodyLength);
        if (entry.IsInline)
        {
            Assert.True(head.Body.Span.SequenceEqual(expected), $"{text} has another's body");
            return version;
        }

        var whole = true;
        for (var i = 0; i < entry.SliceCount; i++)
        {
            using var slice = await tier.ReadSliceAsync(entry, i, token);
            whole &= slice is not null;
            Assert.True(slice is null || slice.Memory.Span.SequenceEqual(expected.AsSpan(i * entry.SliceBytes, entry.LengthOf(i))), $"{text} has a slice that is not its own");
        }

        return whole ? version : null;
    }
}
