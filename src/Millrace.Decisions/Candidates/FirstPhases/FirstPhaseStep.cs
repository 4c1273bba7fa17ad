using Millrace.Decisions.Pipeline;

namespace Millrace.Decisions.Candidates;

/// <summary>The step that cuts the wide pool to the policy's own: by its head, or by the points of the fused lists where there is no time for that or it fails.</summary>
internal static class FirstPhaseStep
{
    /// <summary>Fills the workspace from what was fused.</summary>
    /// <param name="work">Gathered.</param>
    /// <param name="asked">The request, of a policy with a first phase.</param>
    /// <param name="byPoints">Whether there is no time for its head.</param>
    /// <param name="faulted">Told when the head fails; null when nobody wants to know.</param>
    /// <returns>Whether the head chose; else the decision is degraded.</returns>
    internal static bool Cut(Workspace work, in Request asked, bool byPoints, Action<Exception>? faulted)
    {
        WidePool wide = work.Wide;
        wide.Take(asked.Candidates.FirstPhase!.From, work.Sink.Fused, asked.Snapshot);
        bool chose = !byPoints && TryKeep(work, asked, faulted);
        if (!chose) wide.Keep(null, work, asked);
        work.Sink.Fused.Clear();
        return chose;
    }

    private static bool TryKeep(Workspace work, in Request asked, Action<Exception>? faulted)
    {
        try
        {
            work.Wide.Keep(asked.Candidates.FirstPhase, work, asked);
            return true;
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            faulted?.Invoke(fault);
            return false;
        }
    }
}
