using System.Collections.Immutable;

namespace Millrace.Node.Configuration;

/// <summary>What is written of the delivery listener's requests.</summary>
internal sealed record AccessLogSection
{
    public static ObjectShape Shape { get; } = new("a mapping",
    [
        new("to", Scalars.Line("off, stdout, or a file's path", 4096), "Where lines go.", "off", "it costs a write per line, and tells of persons"),
        new("share", Scalars.Number(0, 1), "The share of requests that are written; those that fail are written all.", "1", "whoever asks for a log wants it whole"),
        new("query", Scalars.OneOf("drop", "keep"), "Whether queries are written: they hold search words, tokens and addresses.", "drop", "personal data only where it is wanted"),
        new("redact", new ListShape("a list of parameter names", Scalars.Line("a query parameter's name", 128), 0, 100), "Query parameters whose values are never written, beside signatures and tags of ours and the usual names of secrets (`token`, `access_token`, `signature`, `X-Amz-Signature` and the like)."),
        new("client", Scalars.OneOf("none", "prefix", "full"), "What is written of the client's address: nothing, its network (/24, or /48 of IPv6), or all of it.", "prefix", "tells networks apart, and persons not"),
        new("queue", Scalars.Integer(16, 1 << 20), "Lines that may wait for the disk; more are dropped, and counted.", "8192", "a third of a second of a busy core"),
        new("rotate", Scalars.Size(1 << 16, 1L << 40), "A file that grows beyond it is renamed, and another begun; one that cannot be renamed takes no more lines at twice the size. SIGHUP closes the file and begins anew at its path, for logrotate.", "100MiB", "some 400,000 lines"),
        new("keep", Scalars.Integer(0, 1_000), "Renamed files that are kept; the oldest leaves.", "5", "half a gigabyte"),
    ]);

    public required string To { get; init; }

    public required double Share { get; init; }

    public required string Query { get; init; }

    public required ImmutableArray<string> Redact { get; init; }

    public required string Client { get; init; }

    public required int Queue { get; init; }

    public required long Rotate { get; init; }

    public required int Keep { get; init; }

    public static AccessLogSection Bind(BoundObject log) => new()
    {
        To = log.Get<string>("to"),
        Share = log.Get<double>("share"),
        Query = log.Get<string>("query"),
        Redact = [.. log["redact"].Items.Select(static name => name.Text!)],
        Client = log.Get<string>("client"),
        Queue = log.Get<int>("queue"),
        Rotate = log.Get<long>("rotate"),
        Keep = log.Get<int>("keep"),
    };
}
