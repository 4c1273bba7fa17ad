using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Millrace.Backtest;

/// <summary>How often the candidate stage named the clicked item, in all and by source. All but <see cref="MicrosPerPool"/> depends on the log and the policy alone.</summary>
internal sealed record CandidateReport
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        NewLine = "\n",
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>Whose candidates.</summary>
    public required string Policy { get; init; }

    /// <summary>The most candidates of one pool: the policy's own bound, else that of every policy.</summary>
    public required int Pool { get; init; }

    /// <summary>The most candidates of a source alone.</summary>
    public required int Alone { get; init; }

    /// <summary>A pool was gathered for every so manyth click that could be scored.</summary>
    public required int Every { get; init; }

    /// <summary>Clicks that a pool was scored against.</summary>
    public required long Scored { get; init; }

    /// <summary>The share of them whose item was in the pool.</summary>
    public required double Recall { get; init; }

    /// <summary>Of <see cref="Recall"/>, each click taken by itself: those of one session go together, which a sample thins out.</summary>
    public double StandardError => Error(Recall, Scored);

    /// <summary>The share of them whose item any earlier click had named: no pool can have more.</summary>
    public required double Ceiling { get; init; }

    /// <summary>Candidates of a pool, on average.</summary>
    public required double MeanSize { get; init; }

    /// <summary>Wall-clock time of a pool, with the lists that a new snapshot must pick first: in a log nearly every click has a snapshot of its own.</summary>
    public required double MicrosPerPool { get; init; }

    /// <summary>The clicks that neither lists nor weights were chosen on, alone; null when none were set apart.</summary>
    public HeldOutCandidates? HeldOut { get; init; }

    /// <summary>The whole pool, on the clicks that each source was judged on: what the recall without a source is compared with.</summary>
    public required SourceRecall Sampled { get; init; }

    public required ImmutableArray<SourceRecall> Sources { get; init; }

    /// <summary>As JSON, with a line end.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json) + "\n";

    /// <summary>As lines for people.</summary>
    public string ToText()
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"""
            recall@{Pool}   {Recall:F4} ± {StandardError:F4}   (the clicked item was in the pool, of {Scored:N0} clicks{(Every > 1 ? $", every {Every}th" : "")})
            ceiling      {Ceiling:F4}   (some earlier click had named the item)
            pool         {MeanSize:F1} candidates, {MicrosPerPool:F0} µs, at most {Pool}

            """);
        if (HeldOut is { } later)
        {
            text.Append(CultureInfo.InvariantCulture, $"held out     from day {later.FromDay:0.##} on, {later.Scored:N0} clicks: recall {later.Recall:F4} ± {later.StandardError:F4}, ceiling {later.Ceiling:F4}\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"\n{"source",-32}  alone@{Alone}  without  held out: alone  without\n");
        foreach (var source in Sources.Prepend(Sampled))
        {
            text.Append(CultureInfo.InvariantCulture, $"{source.Source,-32}  {source.Alone,9:F4}  {source.Without,7:F4}  {source.HeldOutAlone,15:F4}  {source.HeldOutWithout,7:F4}\n");
        }

        return text.ToString();
    }

    /// <summary>The standard error of a share.</summary>
    internal static double Error(double share, long of) => of == 0 ? 0 : Math.Sqrt(share * (1 - share) / of);
}

/// <summary>The later part of a log, scored alone.</summary>
/// <param name="FromDay">Its first day, counted from 1.</param>
/// <param name="Scored">Clicks that a pool was scored against.</param>
/// <param name="Recall">As in the report.</param>
/// <param name="Ceiling">As in the report.</param>
internal sealed record HeldOutCandidates(double FromDay, long Scored, double Recall, double Ceiling)
{
    /// <inheritdoc cref="CandidateReport.StandardError"/>
    public double StandardError => CandidateReport.Error(Recall, Scored);
}

/// <summary>What one source does.</summary>
/// <param name="Source">Which.</param>
/// <param name="Scored">Clicks that it was judged on.</param>
/// <param name="Alone">The share of them whose item it names among <see cref="CandidateReport.Alone"/>.</param>
/// <param name="Without">The recall of the pool without it.</param>
/// <param name="HeldOutAlone">The same of the clicks held out.</param>
/// <param name="HeldOutWithout">The same of the clicks held out.</param>
internal sealed record SourceRecall(string Source, long Scored, double Alone, double Without, double HeldOutAlone, double HeldOutWithout);
