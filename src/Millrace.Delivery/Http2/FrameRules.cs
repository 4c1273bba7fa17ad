namespace Millrace.Delivery.Http2;

/// <summary>What a frame's head alone tells to be wrong (RFC 9113 §4.2, §6), so that nothing is waited for in vain.</summary>
internal static class FrameRules
{
    /// <summary>Of PRIORITY, and of what HEADERS may have of it.</summary>
    public const int PriorityBytes = 5;

    private const int PingBytes = 8;
    private const int MinGoAwayBytes = 8;

    /// <summary>Judges a head.</summary>
    /// <param name="head">The head.</param>
    /// <param name="isFirst">Whether the client's SETTINGS have not come yet (§3.4).</param>
    /// <param name="blockStream">The stream whose header block has begun and not ended; zero for none (§6.10).</param>
    /// <exception cref="Http2Exception">The connection cannot go on.</exception>
    public static void Judge(in FrameHead head, bool isFirst, int blockStream)
    {
        if (head.Length > FrameHead.DefaultMaxLength)
        {
            throw new Http2Exception(Http2Error.FrameSize, "A frame is longer than we take.");
        }

        if (isFirst && (head.Type != FrameType.Settings || head.Acknowledges))
        {
            throw new Http2Exception(Http2Error.Protocol, "The first frame is not SETTINGS.");
        }

        if (blockStream != 0 ? head.Type != FrameType.Continuation || head.Stream != blockStream : head.Type == FrameType.Continuation)
        {
            throw new Http2Exception(Http2Error.Protocol, "A header block is broken off, or goes on where none began.");
        }

        var ofConnection = head.Type is FrameType.Settings or FrameType.Ping or FrameType.GoAway;
        var ofStream = head.Type is FrameType.Data or FrameType.Headers or FrameType.Priority or FrameType.ResetStream or FrameType.Continuation;
        if ((ofConnection && head.Stream != 0) || (ofStream && head.Stream == 0) || head.Type == FrameType.PushPromise)
        {
            throw new Http2Exception(Http2Error.Protocol, "A frame is not for this stream to have.");
        }

        if (!IsLengthRight(head))
        {
            throw new Http2Exception(Http2Error.FrameSize, "A frame has not the length of its type.");
        }
    }

    private static bool IsLengthRight(in FrameHead head) => head.Type switch
    {
        FrameType.Priority => head.Length == PriorityBytes,
        FrameType.ResetStream or FrameType.WindowUpdate => head.Length == sizeof(int),
        FrameType.Settings => head.Length % PeerSettings.EntryBytes == 0 && (head.Length == 0 || !head.Acknowledges),
        FrameType.Ping => head.Length == PingBytes,
        FrameType.GoAway => head.Length >= MinGoAwayBytes,
        _ => true,
    };
}
