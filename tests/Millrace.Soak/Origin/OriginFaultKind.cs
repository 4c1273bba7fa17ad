namespace Millrace.Soak.Origin;

/// <summary>What the origin does with a request.</summary>
internal enum OriginFaultKind
{
    /// <summary>Answers as it should.</summary>
    None,

    /// <summary>Thinks for up to a second before it answers.</summary>
    Slow,

    /// <summary>Sends the body's beginning in small pieces with pauses.</summary>
    Drip,

    /// <summary>Sends what looks like another response behind the one that was asked for.</summary>
    Trailing,

    /// <summary>Ends the connection without a word.</summary>
    Refuse,

    /// <summary>Reads the request and says nothing.</summary>
    Hang,

    /// <summary>Ends the connection within the body, short of the length that it gave.</summary>
    Truncate,

    /// <summary>Sends a chunk whose size is none.</summary>
    BadChunk,

    /// <summary>Answers 500, 502, 503 or 504.</summary>
    Status,
}
