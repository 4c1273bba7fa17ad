using System.Globalization;
using Millrace.Journal;

namespace Millrace.Backtest;

/// <summary>
/// Counts how well slates foretold the next click. HR@10 is the share of scored clicks whose item stood among the ten; MRR@10 the mean of
/// 1/rank, 0 when absent; coverage the share of the items learnt that stood in at least one scored slate.
/// </summary>
internal sealed class SlateScore
{
    /// <summary>How many items a slate has.</summary>
    public const int Depth = 10;

    /// <summary>A click is cold when its item was first seen before it, but less than this before.</summary>
    public static readonly TimeSpan ColdAge = TimeSpan.FromHours(1);

    private readonly HashSet<string> _shown = new(StringComparer.Ordinal);
    private readonly long[] _hitsAtRank = new long[Depth];
    private long _coldHits;

    /// <summary>Clicks that a slate was scored against.</summary>
    public long Scored { get; private set; }

    /// <summary>Those of them whose item was known, and young.</summary>
    public long ColdScored { get; private set; }

    /// <summary>Those of them whose item had never been seen: without a catalogue no slate can hold it, so each is a miss.</summary>
    public long NeverSeen { get; private set; }

    public double HitRate => Scored == 0 ? 0 : (double)_hitsAtRank.Sum() / Scored;

    public double ColdHitRate => ColdScored == 0 ? 0 : (double)_coldHits / ColdScored;

    /// <summary>The hit rate of cold clicks and of those on items never seen, together.</summary>
    public double ColdOrNeverSeenHitRate => ColdScored + NeverSeen == 0 ? 0 : (double)_coldHits / (ColdScored + NeverSeen);

    /// <summary>Summed from whole counts in order of rank, so that the order of clicks cannot change a bit of it.</summary>
    public double MeanReciprocalRank
    {
        get
        {
            var sum = 0.0;
            for (var rank = 0; rank < Depth; rank++)
            {
                sum += (double)_hitsAtRank[rank] / (rank + 1);
            }

            return Scored == 0 ? 0 : sum / Scored;
        }
    }

    /// <summary>The scores in a few words.</summary>
    public string Says() => string.Create(CultureInfo.InvariantCulture, $"HR@10 {HitRate:F4}  MRR@10 {MeanReciprocalRank:F4}");

    /// <summary>The share of <paramref name="itemsLearnt"/> items that some slate showed.</summary>
    public double Coverage(int itemsLearnt) => itemsLearnt == 0 ? 0 : (double)_shown.Count / itemsLearnt;

    /// <summary>Scores one slate against the click that came.</summary>
    /// <param name="slate">Items, best first; at most <see cref="Depth"/>.</param>
    /// <param name="target">What was clicked.</param>
    /// <param name="clicked">When.</param>
    /// <param name="firstSeen">When the item was first clicked; null when this is its first click.</param>
    public void Add(IReadOnlyList<string> slate, string target, UnixMicros clicked, UnixMicros? firstSeen)
    {
        Scored++;
        var rank = -1;
        for (var i = 0; i < slate.Count; i++)
        {
            _shown.Add(slate[i]);
            if (rank < 0 && slate[i] == target)
            {
                rank = i;
            }
        }

        var cold = clicked - firstSeen < ColdAge;
        ColdScored += cold ? 1 : 0;
        NeverSeen += firstSeen is null ? 1 : 0;
        if (rank is >= 0 and < Depth)
        {
            _hitsAtRank[rank]++;
            _coldHits += cold ? 1 : 0;
        }
    }
}
