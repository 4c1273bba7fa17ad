namespace Millrace.Delivery.Compression;

/// <summary>What is compressed, and at what price.</summary>
public sealed record CompressionOptions
{
    /// <summary>Bodies below this many bytes are not worth their coding's own overhead and a second copy.</summary>
    public int MinBytes { get; init; } = 1024;

    /// <summary>Bodies above this many bytes, coded or not, are left as they are.</summary>
    public int MaxBytes { get; init; } = 2 << 20;

    /// <summary>Memory of conversions. Beyond it the oldest leaves that was not asked for lately.</summary>
    public long KeptBytes { get; init; } = 64L << 20;

    /// <summary>Conversions that wait for the one that runs; beyond it what comes is served as it is held, and asks again next time.</summary>
    public int QueueLength { get; init; } = 64;

    /// <summary>1 to 11. A result is kept and served many times, but its making takes a processor: the middle.</summary>
    public int BrotliQuality { get; init; } = 5;

    /// <summary>1 to 19; zstd's own default.</summary>
    public int ZstdLevel { get; init; } = 3;

    /// <exception cref="ArgumentException">All faults, one a line.</exception>
    internal void Validate()
    {
        List<string> faults = [];
        Check(MinBytes >= 0, nameof(MinBytes), "zero or more");
        Check(MaxBytes >= MinBytes && MaxBytes <= 64 << 20, nameof(MaxBytes), $"{nameof(MinBytes)} to 64 MiB");
        Check(KeptBytes >= 0, nameof(KeptBytes), "zero or more");
        Check(QueueLength > 0, nameof(QueueLength), "one or more");
        Check(BrotliQuality is >= 1 and <= 11, nameof(BrotliQuality), "1 to 11");
        Check(ZstdLevel is >= 1 and <= 19, nameof(ZstdLevel), "1 to 19");
        if (faults.Count > 0)
        {
            throw new ArgumentException(string.Join(Environment.NewLine, faults));
        }

        void Check(bool holds, string name, string expected)
        {
            if (!holds)
            {
                faults.Add($"{name}: expected {expected}");
            }
        }
    }
}
