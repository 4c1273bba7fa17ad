using Millrace.Soak.Fleet;

namespace Millrace.Soak.Content;

/// <summary>An object of the origin's: what it is like, and which version it has at a time. All of it is a function of the seed and its number.</summary>
internal sealed class SoakObject
{
    public static readonly string[] Languages = ["en", "de", "fr"];

    private static readonly int[] Ages = [1, 2, 5, 30, 300];
    private static readonly double[] Periods = [2_000, 5_000, 15_000, 40_000, double.PositiveInfinity];

    private readonly long _bytes;
    private readonly double _period;
    private readonly double _phase;

    public SoakObject(SoakOptions options, int id)
    {
        var random = new Random(HashCode.Combine(options.Seed, id) & int.MaxValue);
        Id = id;
        Host = SoakRoute.All[random.Next(SoakRoute.All.Length)];
        Kind = random.Next(100) switch
        {
            < 50 => ContentKind.Plain,
            < 65 => ContentKind.Text,
            < 78 => ContentKind.Language,
            < 86 => ContentKind.Coded,
            < 93 => ContentKind.Unstorable,
            _ => ContentKind.Cookie,
        };
        Prefix = random.Next(8);
        _bytes = random.Next(100) switch
        {
            < 4 => 0,
            < 70 => random.Next(20, 16_000),
            < 92 => random.Next(16_000, 300_000),
            < 99 => random.Next(300_000, 2_000_000),
            _ => random.NextInt64(2_000_000, Math.Max(2_000_001, options.MaxBytes)),
        };
        // GZipStream makes nothing of nothing, which is no gzip.
        _bytes = Kind == ContentKind.Plain ? _bytes : Math.Clamp(_bytes, Kind == ContentKind.Coded ? 1 : 0, 100_000);
        MaxAge = Ages[random.Next(Ages.Length)];
        Validator = random.Next(4);
        var stale = random.Next(6);
        WhileRevalidate = stale is 0 or 1 ? random.Next(1, 6) : null;
        IfError = stale is 1 or 2 ? random.Next(1, 12) : null;
        MustRevalidate = stale == 3;
        _period = Periods[random.Next(Periods.Length)] * (_bytes > 1_000_000 ? 4 : 1);
        _phase = random.NextDouble() * 40_000;
    }

    public int Id { get; }

    public SoakRoute Host { get; }

    public ContentKind Kind { get; }

    public int Prefix { get; }

    public int MaxAge { get; }

    public int? WhileRevalidate { get; }

    public int? IfError { get; }

    public bool MustRevalidate { get; }

    /// <summary>0 for a date alone, 1 for a tag alone, else both.</summary>
    public int Validator { get; }

    public bool Hex => Kind != ContentKind.Plain;

    /// <summary>Whether each answer is somebody's own.</summary>
    public bool IsOwn => Kind is ContentKind.Unstorable or ContentKind.Cookie;

    public string Path => $"/p{Prefix}/{Id}";

    public string Url => $"http://{Host.Host}{Path}";

    public string CacheControl => Kind == ContentKind.Unstorable
        ? "no-store"
        : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"max-age={MaxAge}")
            + (WhileRevalidate is { } renew ? $", stale-while-revalidate={renew}" : "")
            + (IfError is { } error ? $", stale-if-error={error}" : "")
            + (MustRevalidate ? ", must-revalidate" : "");

    public string SurrogateKeys => $"o{Id} g{Id % 16}";

    public long VersionAt(double now) => double.IsInfinity(_period) ? 0 : (long)((now + _phase) / _period);

    /// <summary>When a version came to be, before the run's begin perhaps.</summary>
    public double Since(long version) => double.IsInfinity(_period) ? -3_600_000 : (version * _period) - _phase;

    /// <summary>Versions differ in length, so that bytes of two never make a whole.</summary>
    public long BytesOf(long version) => _bytes == 0 ? 0 : _bytes + (version % 5 * 7);

    /// <summary>Seconds that a copy may be served after it was good last, while the origin answers.</summary>
    public double FreshSeconds => MaxAge + (MustRevalidate || WhileRevalidate is not { } window ? 0 : Math.Min(window, Host.PastSeconds));

    /// <summary>The same while the origin fails.</summary>
    public double ErrorSeconds => MustRevalidate || Host.PastSeconds == 0 ? MaxAge : MaxAge + Math.Min(IfError ?? double.PositiveInfinity, Host.PastSeconds);

    public BodyText Body(int variant, long version) => BodyText.Of(Id, variant, version, Hex);
}
