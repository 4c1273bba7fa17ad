namespace Millrace.Node.Configuration;

/// <summary>Talking to origins and shields.</summary>
internal sealed record UpstreamSection
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    public static ObjectShape Shape { get; } = new("a mapping",
    [
        new("connections", Scalars.Integer(1, 100_000), "Connections to one origin; requests beyond wait.", "256", "more requests at once than most origins serve well"),
        new("fillShare", Scalars.Number(0.01, 0.99), "The share of them that is kept for what can be stored.", "0.25", "slow readers of uncacheable bodies must not keep the cache from filling"),
        new("waiting", Scalars.Integer(0, 1_000_000), "Requests that wait for a connection to one origin; more are refused at once.", "1024", "four a connection"),
        new("wait", Scalars.Duration(TimeSpan.FromMilliseconds(1), Day), "How long they wait.", "5s", "longer than a busy moment, shorter than a person's patience"),
        new("keepAlive", Scalars.Duration(TimeSpan.FromMilliseconds(1), Day), "How long a connection is kept unused.", "30s", "below the 60 s after which many origins close theirs"),
        new("age", Scalars.Duration(TimeSpan.FromMilliseconds(1), Day), "How long a connection is used at all.", "5m", "changed addresses are taken up"),
        new("names", Scalars.Duration(TimeSpan.FromMilliseconds(1), Day), "How long an origin's addresses are used before its name is looked up again.", "30s", "the system's resolver hides the record's own time"),
        new("nextAddress", Scalars.Duration(TimeSpan.FromMilliseconds(1), Day), "After this an origin's next address is tried beside the one that has not answered.", "250ms", "RFC 8305 §5"),
        new("head", Scalars.Size(1 << 10, 1 << 20), "A response's head, or its trailers.", "64KiB", "64 cookies of 1 KiB"),
        new("fields", Scalars.Integer(8, 10_000), "Field lines of a response's head.", "256", "more than any page needs"),
        new("interim", Scalars.Integer(0, 1_000), "Interim (1xx) responses before the final one.", "8", "early hints come once or twice"),
    ]);

    public required int Connections { get; init; }

    public required double FillShare { get; init; }

    public required int Waiting { get; init; }

    public required TimeSpan Wait { get; init; }

    public required TimeSpan KeepAlive { get; init; }

    public required TimeSpan Age { get; init; }

    public required TimeSpan Names { get; init; }

    public required TimeSpan NextAddress { get; init; }

    public required long Head { get; init; }

    public required int Fields { get; init; }

    public required int Interim { get; init; }

    public static UpstreamSection Bind(BoundObject upstream) => new()
    {
        Connections = upstream.Get<int>("connections"),
        FillShare = upstream.Get<double>("fillShare"),
        Waiting = upstream.Get<int>("waiting"),
        Wait = upstream.Get<TimeSpan>("wait"),
        KeepAlive = upstream.Get<TimeSpan>("keepAlive"),
        Age = upstream.Get<TimeSpan>("age"),
        Names = upstream.Get<TimeSpan>("names"),
        NextAddress = upstream.Get<TimeSpan>("nextAddress"),
        Head = upstream.Get<long>("head"),
        Fields = upstream.Get<int>("fields"),
        Interim = upstream.Get<int>("interim"),
    };
}
