using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace Millrace.Node;

/// <summary>What the node's parts are built from, made once at the start by <see cref="MillraceNode"/>.</summary>
internal sealed record NodeServices
{
    public required TimeProvider Clock { get; init; }

    public required ConfigHolder Config { get; init; }

    public required DataDirectory Data { get; init; }

    public required AccessKeys Keys { get; init; }

    /// <summary>32 random bytes that sign delivery tokens; made once for a data directory.</summary>
    public required byte[] TokenKey { get; init; }

    public required Readiness Readiness { get; init; }

    public required ILoggerFactory Logs { get; init; }

    /// <summary>The meter <c>Millrace.Node</c>.</summary>
    public required Meter Meter { get; init; }
}
