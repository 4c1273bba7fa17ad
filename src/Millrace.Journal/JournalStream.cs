namespace Millrace.Journal;

/// <summary>The named streams of the journal; the numbers are part of the on-disk format and never change.</summary>
public enum JournalStream
{
    /// <summary>One partition, kept for ever: policies, purges, epochs.</summary>
    Control = 1,

    /// <summary>Catalogue changes, kept whole unless a retention is set, which takes them by age or size like any other; partitioned by item id.</summary>
    Items = 2,

    /// <summary>Events observed; partitioned by tenant and user, else session.</summary>
    Events = 3,

    /// <summary>Decisions taken, and the epochs that they name; partitioned by tenant and user, else session.</summary>
    Decisions = 4,

    /// <summary>Sampled deliveries; partitioned by decision id, else by route.</summary>
    Deliveries = 5,
}
