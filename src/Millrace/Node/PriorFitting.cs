using System.IO.Hashing;
using System.Text;
using Microsoft.Extensions.Logging;
using Millrace.Features.Definitions;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Node;

/// <summary>
/// Fits the priors of rates to the items' own rates, now and then, and records those that moved: a fact that online and offline fold alike. It reads a snapshot beside the
/// folding, one at a time. What the journal refuses is fitted again at the next.
/// </summary>
/// <param name="journal">Where priors are recorded.</param>
/// <param name="every">How often.</param>
/// <param name="clock">The node's time.</param>
/// <param name="log">Told of what is fitted, and of what fails.</param>
internal sealed class PriorFitting(IJournal journal, TimeSpan every, TimeProvider clock, ILogger log)
{
    private long _last = clock.GetTimestamp();
    private Task _fitting = Task.CompletedTask;

    /// <summary>Whether it is time for the next, and none is being fitted.</summary>
    public bool IsDue => _fitting.IsCompleted && clock.GetElapsedTime(_last) >= every;

    /// <summary>Completes when none is being fitted.</summary>
    public Task Settled => _fitting;

    /// <summary>Fits beside the caller. Called by the folding loop, when <see cref="IsDue"/>.</summary>
    /// <param name="snapshot">Where the items' rates and the priors in force stand.</param>
    public void Begin(FeatureSnapshot snapshot)
    {
        _last = clock.GetTimestamp();
        _fitting = Task.Run(() => FitAsync(snapshot));
    }

    private async Task FitAsync(FeatureSnapshot snapshot)
    {
        try
        {
            foreach (var prior in EmpiricalPrior.Refit(snapshot))
            {
                await journal.AppendAsync(prior with { Id = $"prior:{XxHash64.HashToUInt64(Encoding.UTF8.GetBytes(prior.State)):x16}:{prior.Version}", Time = snapshot.Time }, CancellationToken.None);
                log.LogInformation(
                    NodeEvents.PriorFitted, "The prior of {Rate} is fitted, version {Version}: {Alpha} of {Worth}", prior.State, prior.Version, prior.AlphaMicros / 1e6,
                    (prior.AlphaMicros + prior.BetaMicros) / 1e6);
                if (prior.LeftOut > 0)
                {
                    log.LogWarning(
                        NodeEvents.PriorCut, "The prior of {Rate} has {Cells} cells of contexts and groups; {LeftOut} more with fewer trials have none of their own", prior.State,
                        prior.Cells.Length, prior.LeftOut);
                }
            }
        }
        catch (Exception fault)
        {
            // Rates are read with the priors that stand.
            log.LogError(NodeEvents.PriorNotFitted, fault, "Priors of rates could not be fitted or recorded; it is tried again in {Every}", every);
        }
    }
}
