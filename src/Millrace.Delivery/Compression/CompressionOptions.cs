namespace Millrace.Delivery.Compression;

/// <summary>What is compressed, and at what price.</summary>
internal sealed record CompressionOptions
{
    /// <summary>Bodies below this many bytes are not worth their coding's own overhead; nginx's examples and Varnish's tests use 1 KiB or less.</summary>
    public int MinBytes { get; init; } = 1024;

    /// <summary>Bodies above this many bytes, coded or not, are left as they are: a conversion runs on the first request's path.</summary>
    public int MaxBytes { get; init; } = 2 << 20;

    /// <summary>Conversions at once; beyond it requests get the object as it is held.</summary>
    public int MaxConversions { get; init; } = 2;

    /// <summary>1 to 11. A result is kept and served many times; 5 is where time begins to rise faster than size falls (measured: docs/results).</summary>
    public int BrotliQuality { get; init; } = 5;

    /// <summary>1 to 19; zstd's own default.</summary>
    public int ZstdLevel { get; init; } = 3;

    /// <exception cref="ArgumentException">All faults, one a line.</exception>
    public void Validate()
    {
        List<string> faults = [];
        Check(MinBytes >= 0, nameof(MinBytes), "zero or more");
        Check(MaxBytes >= MinBytes && MaxBytes <= 64 << 20, nameof(MaxBytes), $"{nameof(MinBytes)} to 64 MiB");
        Check(MaxConversions >= 0, nameof(MaxConversions), "zero or more");
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
