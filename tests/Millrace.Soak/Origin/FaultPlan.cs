namespace Millrace.Soak.Origin;

/// <summary>When the origin is ill: calm and storm in turns, by the seed. What it does in a storm is drawn per request.</summary>
internal sealed class FaultPlan
{
    private readonly SoakOptions _options;
    private readonly double _cycle;

    public FaultPlan(SoakOptions options)
    {
        _options = options;
        _cycle = Math.Clamp(options.Duration.TotalMilliseconds / 3, 5_000, 24_000);
    }

    /// <summary>Storms take the third quarter of each cycle.</summary>
    public bool IsStorm(double now) => !_options.Calm && now % _cycle is var at && at > _cycle * 0.5 && at < _cycle * 0.75;

    public OriginFaultKind Draw(long serial, double now)
    {
        var random = new Random(HashCode.Combine(_options.Seed, serial) & int.MaxValue);
        var draw = random.Next(1000);
        if (!IsStorm(now))
        {
            return draw < 30 ? OriginFaultKind.Slow : draw < 40 ? OriginFaultKind.Drip : draw < 45 ? OriginFaultKind.Trailing : OriginFaultKind.None;
        }

        // Each storm has its own weather.
        var share = ((int)(now / _cycle) % 3) switch { 0 => 150, 1 => 400, _ => 700 };
        return draw < share ? (OriginFaultKind)random.Next((int)OriginFaultKind.Slow, (int)OriginFaultKind.Status + 1) : OriginFaultKind.None;
    }
}
