namespace Millrace.World.Client;

/// <summary>A body that was fetched, or not.</summary>
/// <param name="TimeToFirstByte">From asking to the head's arrival; null when no good body came.</param>
/// <param name="Bytes">How long the body was.</param>
/// <param name="Hit">Whether Cache-Status (RFC 9211) says that a cache answered.</param>
public readonly record struct Body(TimeSpan? TimeToFirstByte, long Bytes, bool Hit);
