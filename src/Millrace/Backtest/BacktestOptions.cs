namespace Millrace.Backtest;

/// <summary>How a click log is replayed.</summary>
internal sealed record BacktestOptions
{
    /// <summary>Makes draws repeatable; with exploration off it changes nothing but itself in the report.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Clicks before this much time has passed since the first are learnt from and not scored. The protocol: 2 days.</summary>
    public TimeSpan WarmUp { get; init; } = TimeSpan.FromDays(2);

    /// <summary>Scored clicks from so long after the first are also reported alone: what the weights have not seen. Null reports none alone.</summary>
    public TimeSpan? HeldOut { get; init; }

    /// <summary>What decides.</summary>
    public BacktestSetup Setup { get; init; } = BacktestSetup.BuiltIn;

    /// <summary>How old item features may be: the node freezes a snapshot as often as this. DESIGN §9: 250 ms.</summary>
    public TimeSpan Epoch { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>After so long without a click a session begins anew.</summary>
    public TimeSpan SessionIdle { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Ends the replay after so many clicks; null replays all.</summary>
    public long? Take { get; init; }
}
