namespace Millrace.Journal;

/// <summary>The named streams of the journal; the numbers are part of the on-disk format and never change.</summary>
public enum JournalStream
{
    /// <summary>One partition, kept for ever: policies, purges, epochs, erasures, rollout steps.</summary>
    Control = 1,

    /// <summary>Catalogue changes, compacted by item id; partitioned by item id.</summary>
    Items = 2,

    /// <summary>Events observed; partitioned by tenant and user, else session.</summary>
    Events = 3,

    /// <summary>Decisions taken, and the epochs that they name; partitioned by tenant and user, else session.</summary>
    Decisions = 4,

    /// <summary>Sampled deliveries; partitioned by decision id, else by object.</summary>
    Deliveries = 5,
}
