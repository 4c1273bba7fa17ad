using System.Collections.Immutable;
using Millrace.Journal;

namespace Millrace.Learning.Attribution;

/// <summary>A slice of labels, and what its file must say to be the one that a build would make.</summary>
/// <param name="From">The first time of its decisions.</param>
/// <param name="To">The first time after it.</param>
internal sealed record LabelSpan(UnixMicros From, UnixMicros To)
{
    /// <summary>By how much a record may come before or behind its time: written behind the reply, or by a clock that was set.</summary>
    public static readonly TimeSpan Around = TimeSpan.FromMinutes(10);

    /// <summary>How far a journal was read when an earlier build made the slice's file, and nothing could be added but what came late; null when it is to be made.</summary>
    public UnixMicros? Through { get; set; }

    /// <summary>Cuts a time.</summary>
    public static ImmutableArray<LabelSpan> Cut(UnixMicros from, UnixMicros to, TimeSpan length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, TimeSpan.FromSeconds(1));
        var spans = ImmutableArray.CreateBuilder<LabelSpan>();
        for (var begin = from; begin < to; begin += length)
        {
            spans.Add(new LabelSpan(begin, begin + length < to ? begin + length : to));
        }

        return spans.ToImmutable();
    }

    /// <summary>Whether every window of its decisions was over when the journal had been read so far.</summary>
    public bool IsFinal(UnixMicros through, IEnumerable<OutcomeDefinition> outcomes) => To + outcomes.Max(outcome => outcome.Window) + Around <= through;

    /// <summary>Whether an event may be of one of its decisions.</summary>
    public bool MayHave(UnixMicros time, OutcomeDefinition outcome) => time >= From - Around && time <= To + outcome.Window;
}
