using Millrace.World;
using Millrace.World.Items;

namespace Millrace.WorldRuns;

/// <summary>What became of the planted items that had time enough.</summary>
/// <param name="Planted">How many there were.</param>
/// <param name="Known">How many had their first impressions, and were followed from then on.</param>
/// <param name="Shown">Eligible slates after those impressions that showed the item.</param>
/// <param name="Oracle">Eligible slates after them in which the oracle would have shown it.</param>
internal readonly record struct NewcomerOutcome(int Planted, int Known, long Shown, long Oracle)
{
    /// <summary>The share of the oracle's showings; above 1 for what is shown too often, 0 where the oracle would show none.</summary>
    public double Share => Oracle > 0 ? (double)Shown / Oracle : 0;

    /// <summary>Likewise of all that were planted: what never had its first impressions was not shown after them.</summary>
    public double ShareOfPlanted => Planted > 0 ? Share * Known / Planted : 0;
}

/// <summary>
/// Follows planted items of the best quality: after its first impressions, in which what is new must be found out, how often is each shown, and how often would the oracle show
/// it? A slate is eligible while the item is alive and unread by the visitor. Items born in the last quarter of a run are left out: they have no time.
/// </summary>
/// <param name="world">The world.</param>
/// <param name="views">Of the run.</param>
internal sealed class Newcomers(SyntheticWorld world, int views)
{
    private const int FirstImpressions = 200;
    private const int EligibleSlates = 1_000;

    private readonly List<Followed> _followed = [];
    private NewcomerOutcome _gone;

    public NewcomerOutcome Outcome => _followed.Aggregate(_gone, Add);

    /// <summary>An item is born, after so many views.</summary>
    public void Born(WorldItem item, int shown)
    {
        if (shown < views * 3 / 4 && world.Items.IsPlanted(item.Index))
        {
            _followed.Add(new Followed(item));
        }
    }

    /// <summary>A slate is about to be shown.</summary>
    public void Decided(WorldView view, IReadOnlyCollection<WorldItem> slate)
    {
        HashSet<WorldItem>? oracle = null;
        for (var i = _followed.Count - 1; i >= 0; i--)
        {
            var one = _followed[i];
            if (view.Time >= one.Item.Dies || one.Eligible == EligibleSlates)
            {
                _gone = Add(_gone, one);
                _followed.RemoveAt(i);
            }
            else if (one.Impressions < FirstImpressions)
            {
                one.Impressions += slate.Contains(one.Item) ? 1 : 0;
            }
            else if (!view.Visit.HasRead(one.Item))
            {
                oracle ??= [.. world.OracleSlate(view.Visit, view.Time)];
                one.Eligible++;
                one.Shown += slate.Contains(one.Item) ? 1 : 0;
                one.Oracle += oracle.Contains(one.Item) ? 1 : 0;
            }
        }
    }

    private static NewcomerOutcome Add(NewcomerOutcome sum, Followed one) => new(
        sum.Planted + 1, sum.Known + (one.Impressions >= FirstImpressions ? 1 : 0), sum.Shown + one.Shown, sum.Oracle + one.Oracle);

    private sealed class Followed(WorldItem item)
    {
        public WorldItem Item { get; } = item;

        public int Impressions { get; set; }

        public int Eligible { get; set; }

        public int Shown { get; set; }

        public int Oracle { get; set; }
    }
}
