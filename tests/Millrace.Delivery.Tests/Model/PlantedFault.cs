using Millrace.Delivery.Routes;

namespace Millrace.Delivery.Tests.Model;

/// <summary>A fault as if the plane had it: it is told something else than the truth, of which the model is told.</summary>
/// <param name="Answer">What of the origin's answers it fails to see.</param>
/// <param name="Request">What of clients' requests it fails to see.</param>
/// <param name="Clock">How its clock goes wrong.</param>
internal sealed record PlantedFault(Func<Answer, Answer>? Answer = null, Func<Fields, Fields>? Request = null, Func<TimeProvider, TimeProvider>? Clock = null)
{
    /// <summary>What the plane takes its routes' rules for.</summary>
    public Func<Route, Route> Route { get; init; } = static route => route;

    /// <summary>What of an answer it fails to see, by what was asked.</summary>
    public Func<Ask, Answer, Answer> Disguise { get; init; } = static (_, answer) => answer;

    /// <summary>What of a request it fails to see, by its method too.</summary>
    public Func<Ask, Ask> Ask { get; init; } = static ask => ask;

    /// <summary>One for each rule worth breaking, by what the plane then does.</summary>
    public static IReadOnlyDictionary<string, PlantedFault> All { get; } = new Dictionary<string, PlantedFault>
    {
        ["stores no-store"] = new(Control("no-store", "x")),
        ["stores private"] = new(Control("private, ", "x, ")),
        ["stores what was authorized"] = new(static answer => answer with { Fields = answer.Fields.With("Cache-Control", "public") }),
        ["reuses no-cache"] = new(Control("no-cache", "x")),
        ["serves must-revalidate stale"] = new(Control("must-revalidate", "x")),
        ["takes max-age before s-maxage"] = new(Control("s-maxage", "x")),
        ["revalidates behind for too long"] = new(Control("stale-while-revalidate=30", "stale-while-revalidate=300")),
        ["ignores Vary"] = new(Without("Vary")),
        ["ignores Age"] = new(Without("Age")),
        ["ignores Expires"] = new(static answer => answer.Fields.Has("Cache-Control") ? answer : Without("Expires")(answer)),
        ["keeps old fields at a 304"] = new(static answer => answer.Status == 304 ? Without("X-Id")(answer) : answer),
        ["mixes versions up"] = new(static answer => answer.Fields.Has("ETag") ? answer with { Fields = answer.Fields.Without(IsETag).With("ETag", "\"v0-all\"") } : answer),
        ["ignores a request's directives"] = new(Request: static fields => fields.Without(static name => Fields.Same(name, "Cache-Control"))),
        ["ignores If-None-Match"] = new(Request: static fields => fields.Without(static name => Fields.Same(name, "If-None-Match"))),
        ["shifts ranges"] = new(Request: static fields => new([.. fields.Lines.Select(static line => (line.Name, line.Value.Replace("bytes=0-4", "bytes=0-5", StringComparison.Ordinal)))])),
        ["ignores CDN-Cache-Control"] = new(Without("CDN-Cache-Control")),
        ["heeds Expires beside CDN-Cache-Control"] = new(static answer => answer.Fields.Has("Expires") ? Without("CDN-Cache-Control")(answer) : answer),
        ["shifts one of several ranges"] = new(Request: static fields => new([.. fields.Lines.Select(static line => (line.Name, line.Value.Replace("200-204", "200-205", StringComparison.Ordinal)))])),
        ["leaves out one of several ranges"] = new(Request: static fields => new([.. fields.Lines.Select(static line => (line.Name, line.Value.Replace(", 200-204", "", StringComparison.Ordinal)))])),
        ["stores what sets cookies"] = new() { Route = static route => route with { SetCookie = SetCookieRule.Store } },
        ["keeps the answer to any POST"] = new() { Disguise = static (ask, answer) => ask.Is("POST") ? answer with { Fields = answer.Fields.Without(IsContentLocation).With("Content-Location", ask.Target) } : answer },
        ["ignores what a HEAD says"] = new() { Ask = static ask => ask.Is("HEAD") ? ask with { Fields = ask.Fields.With("Cache-Control", "no-store") } : ask },
        ["misses a change"] = new() { Ask = static ask => ask.IsUnsafe ? ask with { Target = $"{ask.Target}?" } : ask },
        ["has a clock at half speed"] = new(Clock: static time => new SlowClock(time)),
    };

    private static bool IsContentLocation(string name) => Fields.Same(name, "Content-Location");

    private static bool IsETag(string name) => Fields.Same(name, "ETag");

    private static Func<Answer, Answer> Without(string field) => answer => answer with { Fields = answer.Fields.Without(name => Fields.Same(name, field)) };

    private static Func<Answer, Answer> Control(string directive, string instead) => answer => answer with
    {
        Fields = new([.. answer.Fields.Lines.Select(line => Fields.Same(line.Name, "Cache-Control") ? (line.Name, line.Value.Replace(directive, instead, StringComparison.Ordinal)) : line)]),
    };

    private sealed class SlowClock(TimeProvider truth) : TimeProvider
    {
        private readonly DateTimeOffset _start = truth.GetUtcNow();
        private readonly long _stamp = truth.GetTimestamp();

        public override long TimestampFrequency => truth.TimestampFrequency;

        public override TimeZoneInfo LocalTimeZone => truth.LocalTimeZone;

        public override DateTimeOffset GetUtcNow() => _start + ((truth.GetUtcNow() - _start) / 2);

        public override long GetTimestamp() => _stamp + ((truth.GetTimestamp() - _stamp) / 2);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => truth.CreateTimer(callback, state, dueTime, period);
    }
}
