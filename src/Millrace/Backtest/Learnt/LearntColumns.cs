using System.Collections.Immutable;
using Millrace.Decisions.Candidates;

namespace Millrace.Backtest.Learnt;

/// <summary>What a learnt ranking reads of a candidate, by name and by the group that an ablation leaves out.</summary>
internal sealed class LearntColumns
{
    /// <summary>Beside what the lists say and the features: what <see cref="LearntSignals"/> writes, in this order.</summary>
    public static readonly ImmutableArray<string> Own =
        ["sum.blend", "sum.rank", "near.vsknn", "near.vsknn_rank", "near.stan", "near.stan_rank", "context.referrer", "context.device", "time.hour", "time.clicks"];

    private readonly FirstPhasePlan _plan;

    public LearntColumns(FirstPhasePlan plan)
    {
        _plan = plan;
        Names = [.. plan.Columns, .. Own];
        Blend = [.. BacktestPolicy.Policy.Blend.Select(pair => (plan.Columns.IndexOf(LearntPolicy.Column(pair.Key)), pair.Value))];
    }

    /// <summary>All names.</summary>
    public ImmutableArray<string> Names { get; }

    /// <summary>How many the plan reads; <see cref="Own"/> follow.</summary>
    public int Read => _plan.Columns.Length;

    /// <summary>The columns and the weights of the built-in policy's blend.</summary>
    public ImmutableArray<(int Column, double Weight)> Blend { get; }

    /// <summary>The groups that an ablation leaves out one by one.</summary>
    public static ImmutableArray<string> Groups { get; } = ["lists", "sums", "popularity", "pairs", "neighbours", "context", "time"];

    /// <summary>The group of a column.</summary>
    public static string GroupOf(string name) => name switch
    {
        "list.points" => "sums",
        _ when Begins(name, "list.") => "lists",
        _ when Begins(name, "sum.") => "sums",
        _ when Begins(name, "near.") => "neighbours",
        _ when Begins(name, "context.") => "context",
        _ when Begins(name, "clicks_") || Begins(name, "rise_") => "popularity",
        _ when Begins(name, "next_") || Begins(name, "with_") || Begins(name, "count_") => "pairs",
        _ => "time",
    };

    /// <summary>The places of the columns that are read without <paramref name="left"/>; null leaves nothing out.</summary>
    public ImmutableArray<int> Without(string? left) => [.. Enumerable.Range(0, Names.Length).Where(column => GroupOf(Names[column]) != left)];

    private static bool Begins(string name, string prefix) => name.StartsWith(prefix, StringComparison.Ordinal);
}
