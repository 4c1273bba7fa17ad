namespace Millrace.Cli;

/// <summary>What the process's exit status means: the closed set that scripts and supervisors may rely on. Documented in docs/CONFIGURATION.md.</summary>
internal enum ExitCode
{
    /// <summary>It did what was asked.</summary>
    Ok = 0,

    /// <summary>It failed for a reason that none of the others names; the message says which.</summary>
    Failure = 1,

    /// <summary>The command line was not understood.</summary>
    Usage = 2,

    /// <summary>The configuration was refused; all its faults were printed.</summary>
    ConfigInvalid = 3,

    /// <summary>Another process holds the data directory.</summary>
    DataLocked = 4,

    /// <summary>The journal is damaged below its durable mark; the segment and offset were printed.</summary>
    JournalCorrupt = 5,

    /// <summary>A listener's port is taken.</summary>
    PortInUse = 6,

    /// <summary>The data directory, the cache's folder or the access log cannot be read or written.</summary>
    DataUnusable = 7,

    /// <summary>A check of <c>doctor</c> failed.</summary>
    Unhealthy = 8,

    /// <summary>A second signal ended the drain, or it took longer than limits.drain: requests in flight were cut.</summary>
    DrainAborted = 9,

    /// <summary>The log does not know what was to be evaluated: neither pass nor fail.</summary>
    NotEvaluable = 10,
}
