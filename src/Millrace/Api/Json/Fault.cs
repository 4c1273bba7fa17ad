namespace Millrace.Api.Json;

/// <summary>One thing that is wrong with a request, as RFC 9457's <c>errors</c> member shows it.</summary>
/// <param name="Pointer">RFC 6901 pointer to the place, from the root of the document or of the NDJSON line; empty for the whole.</param>
/// <param name="Expected">What would have been right.</param>
/// <param name="Got">What stood there, cut short; null where showing it helps nobody.</param>
/// <param name="Nearest">The nearest name that is known; null when none is near.</param>
internal readonly record struct Fault(string Pointer, string Expected, string? Got = null, string? Nearest = null);
