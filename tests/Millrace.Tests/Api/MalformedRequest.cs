namespace Millrace.Tests.Api;

/// <summary>A request that is wrong in one known way.</summary>
/// <param name="Fault">The way, for the reader of a failure.</param>
/// <param name="Method">The method.</param>
/// <param name="Path">The path, as it goes over the wire.</param>
/// <param name="Body">The body; null for none.</param>
/// <param name="ContentType">The content type; null for none.</param>
/// <param name="Encoding">The content encoding; null for none.</param>
/// <param name="BadRecord">Which record is bad, as rejected[] numbers it; null when the envelope is broken.</param>
/// <param name="GoodRecords">How many records apply all the same.</param>
/// <param name="Reason">Why the bad record is refused.</param>
internal sealed record MalformedRequest(
    string Fault, HttpMethod Method, string Path, byte[]? Body, string? ContentType, string? Encoding = null, int? BadRecord = null, int GoodRecords = 0, string Reason = "invalid");
