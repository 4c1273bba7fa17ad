using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Tiers;

/// <summary>What one node of this product tells the next, for that hop alone: that the request has come through a tier, and how long its answer is waited for.</summary>
/// <param name="Timeout">The time left, or null for no bound.</param>
internal readonly record struct TierHop(TimeSpan? Timeout);

/// <summary>
/// The field <c>Millrace-Tier: timeout-ms=N</c>. Anybody can send it: it makes a node ask the origin in place of its shields, and shortens the wait of who
/// sends it; both are the sender's own loss.
/// </summary>
internal static class TierField
{
    public const string Name = "Millrace-Tier";

    private const int MaxMilliseconds = 86_400_000;

    private static readonly byte[] Unbounded = Encoding.Latin1.GetBytes($"{Name}: hop\r\n");

    /// <summary>The whole line, for a request that is given so long; null for no bound.</summary>
    public static byte[] Line(TimeSpan? timeout) => timeout is not { } bound ? Unbounded
        : Encoding.Latin1.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Name}: timeout-ms={Math.Clamp((long)bound.TotalMilliseconds, 1, MaxMilliseconds)}\r\n"));

    /// <summary>Takes the field out of a client's request; null when it has none.</summary>
    public static TierHop? Take(HeaderList headers)
    {
        if (!headers.TryGet(FieldId.MillraceTier, out var value))
        {
            return null;
        }

        TierHop hop = new(
            value.StartsWith("timeout-ms="u8) && Utf8Parser.TryParse(value["timeout-ms=".Length..], out int milliseconds, out var read)
            && read == value.Length - "timeout-ms=".Length && milliseconds is > 0 and <= MaxMilliseconds
                ? TimeSpan.FromMilliseconds(milliseconds)
                : null);
        headers.Remove(FieldId.MillraceTier);
        return hop;
    }
}
