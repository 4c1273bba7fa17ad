namespace Millrace.Delivery.Http1;

/// <summary>The bounds of a head.</summary>
/// <param name="Bytes">All of it, line ends included.</param>
/// <param name="Fields">Field lines.</param>
internal readonly record struct HeadLimits(int Bytes, int Fields);
