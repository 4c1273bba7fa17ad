using Millrace.World;

namespace Millrace.WorldRuns;

/// <summary>Expected clicks by the world's truth, added up over the views that were appraised.</summary>
/// <param name="Expected">Of the slates shown.</param>
/// <param name="Oracle">Of the best slates.</param>
internal readonly record struct Reward(double Expected, double Oracle)
{
    /// <summary>The share of the oracle's reward.</summary>
    public double Share => Oracle > 0 ? Expected / Oracle : 0;

    public static Reward Of(SlateValue value) => new(value.Expected, value.Oracle);

    public static Reward operator +(Reward left, Reward right) => new(left.Expected + right.Expected, left.Oracle + right.Oracle);
}

/// <summary>What one method earned under one seed.</summary>
/// <param name="First">In the first half of the views, in which learning is paid for.</param>
/// <param name="Second">In the second half.</param>
/// <param name="Clicks">That were made in all.</param>
/// <param name="Newcomers">What became of planted items.</param>
internal sealed record MethodOutcome(Reward First, Reward Second, long Clicks, NewcomerOutcome Newcomers)
{
    /// <summary>What its processor spent on it, the world's part among it; zero where that is not known. It is no part of what is compared.</summary>
    public TimeSpan Processor { get; init; }

    /// <summary>In all views.</summary>
    public Reward All => First + Second;
}
