using Millrace.Backtest.ClickLogs;
using Millrace.Decisions;
using Millrace.Features.Local;
using Millrace.Features.Online;
using Millrace.Journal;

namespace Millrace.Backtest;

/// <summary>Judges something else than the decider's slates, at the clicks that would be scored, before each is revealed.</summary>
internal interface IReplayProbe
{
    /// <summary>What it asks for, of the time at which scoring begins, to learn from clicks before that.</summary>
    UnixMicros AsksFrom(UnixMicros first, UnixMicros scoredFrom);

    /// <summary>Whether it looks at the next click; not asked again for the same. Does what must be done before, such as a training.</summary>
    ValueTask<bool> WantsAsync(UnixMicros time, CancellationToken cancellation);

    /// <summary>Judges a click that nothing else knows yet.</summary>
    void Score(in Click click, DecideRequest request, FeatureSnapshot snapshot, EmbeddedPersonStore persons, bool heldOut);

    /// <summary>Told of every click, after it was scored.</summary>
    void Observe(in Click click);

    /// <summary>What it found so far, in a few words.</summary>
    string Says();
}
