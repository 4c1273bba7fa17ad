using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Millrace.Delivery.Purge;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Tiers;

/// <summary>What one node of this product tells the next, for that hop alone: that the request has come through a tier.</summary>
/// <param name="Timeout">How long its answer is waited for, or null for no bound.</param>
/// <param name="Purges">The purges that no answer may be older than, or null for none.</param>
/// <param name="IsByPeer">Whether a node that we know said so.</param>
internal readonly record struct TierHop(TimeSpan? Timeout, PurgeMark? Purges = null, bool IsByPeer = false);

/// <summary>What a node of this product tells the one that asked it.</summary>
/// <param name="Purges">The purges that nothing in the answer is older than, or null when it vouches for none.</param>
/// <param name="IsLoop">Whether it refused a request that had come to it before.</param>
internal readonly record struct TierReply(PurgeMark? Purges, bool IsLoop);

/// <summary>
/// The field <c>Millrace-Tier: timeout-ms=N; purges=N; feed=F</c> of requests, <c>purges=N; feed=F</c> or <c>loop</c> of responses. Anybody can send a
/// request's: it makes a node ask the origin in place of its shields or its copy, and shortens the wait of who sends it; all are the sender's own loss. A
/// response's is believed of shields alone: whoever receives one takes it out.
/// </summary>
internal static class TierField
{
    public const string Name = "Millrace-Tier";

    private const int MaxMilliseconds = 86_400_000;

    private static readonly byte[] Unbounded = Encoding.Latin1.GetBytes($"{Name}: hop\r\n");

    /// <summary>The whole line, for a request that is given so long (null for no bound) and whose answer may not be older than certain purges.</summary>
    public static byte[] Line(TimeSpan? timeout, PurgeMark? purges)
    {
        if (timeout is null && purges is null)
        {
            return Unbounded;
        }

        var time = timeout is { } bound ? string.Create(CultureInfo.InvariantCulture, $"timeout-ms={Math.Clamp((long)bound.TotalMilliseconds, 1, MaxMilliseconds)}") : "";
        return Encoding.Latin1.GetBytes($"{Name}: {time}{(timeout is not null && purges is not null ? "; " : "")}{purges}\r\n");
    }

    /// <summary>Takes the field out of a client's request; null when it has none.</summary>
    public static TierHop? Take(HeaderList headers)
    {
        if (!headers.TryGet(FieldId.MillraceTier, out var value))
        {
            return null;
        }

        TierHop hop = new(Number(value, "timeout-ms="u8) is > 0 and <= MaxMilliseconds and var milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : null, MarkOf(value));
        headers.Remove(FieldId.MillraceTier);
        return hop;
    }

    /// <summary>Takes the field out of a response, whoever sent it.</summary>
    public static TierReply TakeReply(HeaderList headers)
    {
        if (!headers.TryGet(FieldId.MillraceTier, out var value))
        {
            return default;
        }

        TierReply reply = new(MarkOf(value), value.SequenceEqual("loop"u8));
        headers.Remove(FieldId.MillraceTier);
        return reply;
    }

    private static PurgeMark? MarkOf(ReadOnlySpan<byte> value) =>
        Number(value, "purges="u8) is { } next && Parameter(value, "feed="u8) is { Length: > 0 and <= PurgeMark.MaxFeed } feed && Syntax.IsToken(feed)
            ? new PurgeMark(Encoding.Latin1.GetString(feed), next)
            : null;

    private static long? Number(ReadOnlySpan<byte> value, ReadOnlySpan<byte> name)
    {
        var text = Parameter(value, name);
        return Utf8Parser.TryParse(text, out long number, out var read) && read == text.Length && number >= 0 ? number : null;
    }

    private static ReadOnlySpan<byte> Parameter(ReadOnlySpan<byte> value, ReadOnlySpan<byte> name)
    {
        foreach (var range in value.Split((byte)';'))
        {
            var parameter = Syntax.TrimWhiteSpace(value[range]);
            if (parameter.StartsWith(name))
            {
                return parameter[name.Length..];
            }
        }

        return default;
    }
}
