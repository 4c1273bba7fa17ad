using Millrace.Features.Online;
using Millrace.Journal;

namespace Millrace.Features.PointInTime;

/// <summary>The facts of one partition on their way into items: those behind a cut wait.</summary>
/// <param name="skip">Told of each fact that cannot be folded.</param>
internal sealed class ItemFeed(Action<Position, Exception> skip)
{
    private readonly Queue<FactBatch> _waiting = new();
    private int _at;

    /// <returns>How many facts that were.</returns>
    internal int Fold(WalkStep.Fold step, FeatureFolder folder, WalkCounts counts)
    {
        if (step.Facts is { } fresh)
        {
            _waiting.Enqueue(fresh);
        }

        var folded = 0;
        while (_waiting.TryPeek(out var batch))
        {
            var facts = batch.Facts;
            while (_at < facts.Length && facts[_at].Position.Offset < step.Before)
            {
                FoldOne(batch, folder, counts);

                // Let go at once: what is held on to for a few thousand facts more is copied by every collection meanwhile.
                facts[_at++] = default;
                folded++;
            }

            if (_at < facts.Length)
            {
                break;
            }

            _waiting.Dequeue();
            _at = 0;
        }

        return folded;
    }

    private void FoldOne(FactBatch batch, FeatureFolder folder, WalkCounts counts)
    {
        var facts = batch.Facts;
        counts.Met(facts[_at].Fact);
        if (batch.IsPassedOver(_at))
        {
            return;
        }

        try
        {
            folder.Apply(facts, _at);
        }
        catch (Exception fault)
        {
            skip(facts[_at].Position, fault);
        }
    }
}
