using System.Collections.Immutable;

namespace Millrace.Journal;

/// <summary>Where an embedded journal lives, and its bounds.</summary>
public sealed record JournalOptions
{
    /// <summary>Its directory; created when absent.</summary>
    public required string Directory { get; init; }

    /// <summary>Partitions of every stream but control; fixed when the directory is created, ignored afterwards. DESIGN §9: two by default, even on one node.</summary>
    public int Partitions { get; init; } = 2;

    /// <summary>A segment is sealed before it grows past this; 64 MiB scan in about 50 ms at recovery and make retention fine-grained.</summary>
    public long SegmentBytes { get; init; } = 64L << 20;

    /// <summary>Bytes that may wait for the disk in each partition; more throws <see cref="JournalFullException"/> with bound <c>queueBytes</c>. 16 MiB are about 0.1 s of a fast disk.</summary>
    public int QueueBytes { get; init; } = 16 << 20;

    /// <summary>Consumers that may have checkpoints; more throws <see cref="JournalFullException"/> with bound <c>maxConsumers</c>.</summary>
    public int MaxConsumers { get; init; } = 256;

    /// <summary>How often retention is applied and the tail is protected by a mark.</summary>
    public TimeSpan Housekeeping { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// What each stream keeps; control is kept for ever whatever stands here. By default a week, which must be no less than windows of features look back, and 64 GiB per
    /// partition; items are kept whole, since compaction by item id is not there yet.
    /// </summary>
    public ImmutableDictionary<JournalStream, Retention> Retention { get; init; } = ImmutableDictionary<JournalStream, Retention>.Empty
        .Add(JournalStream.Events, Journal.Retention.Week)
        .Add(JournalStream.Decisions, Journal.Retention.Week)
        .Add(JournalStream.Deliveries, Journal.Retention.Week);

    /// <summary>These options with another age for events, decisions and deliveries.</summary>
    public JournalOptions Keeping(TimeSpan age) => this with
    {
        Retention = Retention.ToImmutableDictionary(kept => kept.Key, kept => kept.Value with { MaxAge = age }),
    };
}

/// <summary>How long and how much a partition keeps. Whole sealed segments go, oldest first; consumers that lag behind lose what they did not read.</summary>
/// <param name="MaxAge">A segment goes when its newest fact is older; null keeps any age.</param>
/// <param name="MaxBytes">The oldest segments go while the partition is larger; null keeps any size.</param>
public sealed record Retention(TimeSpan? MaxAge = null, long? MaxBytes = null)
{
    /// <summary>Seven days, 64 GiB.</summary>
    public static Retention Week { get; } = new(TimeSpan.FromDays(7), 64L << 30);
}
