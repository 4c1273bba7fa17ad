using System.Globalization;
using Millrace.Node.Configuration;

namespace Millrace.CacheSim;

/// <summary>A simulated cache's size: bytes, or a share of the trace's footprint.</summary>
/// <param name="Text">As it was written.</param>
/// <param name="Bytes">The bytes, when they were given.</param>
/// <param name="Percent">Else the share.</param>
internal sealed record CacheSize(string Text, long? Bytes, decimal Percent)
{
    public const string Expected = "a size like '128MiB', '1GiB' or '4096', or a share of the footprint like '1%' or '0.3%'";

    /// <summary>The size, or null.</summary>
    public static CacheSize? Parse(string text)
    {
        if (text.EndsWith('%'))
        {
            return decimal.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent) && percent is > 0 and <= 1000
                ? new CacheSize(text, null, percent)
                : null;
        }

        return Quantities.ParseSize(text) is { } bytes and > 0 ? new CacheSize(text, bytes, 0) : null;
    }

    /// <summary>In bytes, for a trace of this footprint; a share is rounded down.</summary>
    public long Of(long footprint) => Bytes ?? Math.Max(1, (long)(footprint * (Percent / 100)));
}
