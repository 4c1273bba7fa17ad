namespace Millrace.CacheSim.Traces;

/// <summary>How a trace is written down. Documented in docs/CACHE-SIM.md.</summary>
internal enum TraceFormat
{
    /// <summary>libCacheSim's: 24-byte little-endian records {u32 time, u64 object, u32 size, i64 next access}.</summary>
    OracleGeneral,

    /// <summary>A header line that names the columns key and size; others are passed over.</summary>
    Csv,

    /// <summary>The EPA-HTTP log of the Internet Traffic Archive: host [day:hour:minute:second] "request" status bytes.</summary>
    Epa,

    /// <summary>Apache's and nginx's common and combined log formats.</summary>
    CombinedLog,
}
