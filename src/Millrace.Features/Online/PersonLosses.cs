using Millrace.Journal;

namespace Millrace.Features.Online;

/// <summary>When a store of persons lost what facts say, as facts are received. A reference, which other threads read whole.</summary>
/// <param name="Gone">From when on, and until when, persons went whom features may still want; null when none did.</param>
/// <param name="Cut">From when on, and until when, fading sums of persons could not take all of an event.</param>
internal sealed record PersonLosses((UnixMicros First, UnixMicros Last)? Gone, (UnixMicros First, UnixMicros Last)? Cut)
{
    internal bool None => Gone is null && Cut is null;
}
