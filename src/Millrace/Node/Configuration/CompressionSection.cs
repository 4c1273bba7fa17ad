using Millrace.Delivery.Compression;

namespace Millrace.Node.Configuration;

/// <summary>What the cache compresses, and at what price (decision 0018); whether it does is each route's.</summary>
internal static class CompressionSection
{
    private const int Most = 64 << 20;

    public static ObjectShape Shape { get; } = new("a mapping",
    [
        new("min", Scalars.Size(0, Most), "Shorter bodies are left as they are.", "1KiB", "a coding has an overhead of its own, and its result is a second copy"),
        new("max", Scalars.Size(0, Most), "Longer bodies, coded or not, are left as they are.", "2MiB", "a body is coded whole, on one processor"),
        new("memory", Scalars.Size(0, 1L << 40), "Bytes of what was made; beyond it the oldest leaves that was not asked for lately.", "64MiB", "a quarter of `cache.memory`"),
        new("queue", Scalars.Integer(1, 65_536), "Bodies that may wait to be coded; further ones are served as they are held, and counted.", "64", "a second or two of one processor"),
        new("brotli", Scalars.Integer(1, 11), "Brotli's quality.", "5", "made once and served many times, but its making takes a processor: the middle"),
        new("zstd", Scalars.Integer(1, 19), "Zstandard's level.", "3", "its own default"),
    ]);

    public static CompressionOptions Bind(BoundObject compression) => new()
    {
        MinBytes = (int)compression.Get<long>("min"),
        MaxBytes = (int)compression.Get<long>("max"),
        KeptBytes = compression.Get<long>("memory"),
        QueueLength = compression.Get<int>("queue"),
        BrotliQuality = compression.Get<int>("brotli"),
        ZstdLevel = compression.Get<int>("zstd"),
    };

    public static void Check(BoundObject? compression, ConfigFaults faults)
    {
        if (compression?["min"].Value is long min && compression["max"] is { Value: long max } bound && max < min)
        {
            faults.Add(new ConfigFault(bound.Mark, bound.Path, $"compression.min, which is {min} bytes, or more", $"{max}"));
        }
    }
}
