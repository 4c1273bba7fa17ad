using Millrace.Journal;

namespace Millrace.Features.PointInTime;

/// <summary>From when on, and until when, a bound on persons had pushed some out whom features may still want. A reference, which other threads read whole.</summary>
internal sealed record PersonsGone(UnixMicros First, UnixMicros Last);
