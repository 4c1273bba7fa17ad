using Millrace.Soak.Content;

namespace Millrace.Soak.Origin;

/// <summary>What the origin answered to one request; its serial number is in the answer's head.</summary>
/// <param name="IsPart">Whether it was a HEAD, or for a range.</param>
internal sealed record OriginRecord(SoakObject Object, int Variant, long Version, double Arrived, OriginFaultKind Fault, bool IsPart);
