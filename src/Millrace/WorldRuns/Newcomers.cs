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
    /// <summary>Those that lived through <see cref="Newcomers.LongLife"/> eligible slates before the run's end.</summary>
    public Reached Lived { get; init; }

    /// <summary>Those of them that the oracle would have shown in at least a tenth of these slates: the others are of the best quality, and of topics that nobody likes best.</summary>
    public Reached Wanted { get; init; }

    /// <summary>The share of the oracle's showings; above 1 for what is shown too often, 0 where the oracle would show none.</summary>
    public double Share => Oracle > 0 ? (double)Shown / Oracle : 0;

    /// <summary>Likewise of all that were planted: what never had its first impressions was not shown after them.</summary>
    public double ShareOfPlanted => Planted > 0 ? Share * Known / Planted : 0;
}

/// <summary>Planted items, and how many of them had their first impressions by the end of a long life.</summary>
internal readonly record struct Reached(int Items, int Known)
{
    public double Share => Items > 0 ? (double)Known / Items : double.NaN;

    public static Reached operator +(Reached left, Reached right) => new(left.Items + right.Items, left.Known + right.Known);
}

/// <summary>
/// Follows planted items of the best quality: after its first impressions, in which what is new must be found out, how often is each shown, and how often would the oracle show
/// it? A slate is eligible while the item is alive and unread by the visitor. Items born in the last quarter of a run are left out: they have no time.
/// </summary>
/// <param name="world">The world.</param>
/// <param name="views">Of the run.</param>
internal sealed class Newcomers(SyntheticWorld world, int views)
{
    /// <summary>Within so many slates nobody may starve who was to be shown.</summary>
    internal const int LongLife = 2_000;

    private const int FirstImpressions = 200;
    private const int EligibleSlates = 1_000;
    private const int WantedSlates = LongLife / 10;

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
            if (view.Time >= one.Item.Dies || (one.Eligible == EligibleSlates && one.Slates >= LongLife))
            {
                _gone = Add(_gone, one);
                _followed.RemoveAt(i);
                continue;
            }

            var (shown, unread) = (slate.Contains(one.Item), !view.Visit.HasRead(one.Item));
            var best = unread && (oracle ??= [.. world.OracleSlate(view.Visit, view.Time)]).Contains(one.Item);
            var within = one.Slates < LongLife;
            if (unread && within)
            {
                one.Slates++;
                one.Wanted += best ? 1 : 0;
            }

            if (one.Impressions < FirstImpressions)
            {
                one.Impressions += shown ? 1 : 0;
                one.KnownWithin += shown && within ? 1 : 0;
            }
            else if (unread && one.Eligible < EligibleSlates)
            {
                one.Eligible++;
                one.Shown += shown ? 1 : 0;
                one.Oracle += best ? 1 : 0;
            }
        }
    }

    private static NewcomerOutcome Add(NewcomerOutcome sum, Followed one)
    {
        var lived = one.Slates < LongLife ? default : new Reached(1, one.KnownWithin >= FirstImpressions ? 1 : 0);
        return new NewcomerOutcome(sum.Planted + 1, sum.Known + (one.Impressions >= FirstImpressions ? 1 : 0), sum.Shown + one.Shown, sum.Oracle + one.Oracle)
        {
            Lived = sum.Lived + lived,
            Wanted = sum.Wanted + (one.Wanted >= WantedSlates ? lived : default),
        };
    }

    private sealed class Followed(WorldItem item)
    {
        public WorldItem Item { get; } = item;

        public int Impressions { get; set; }

        /// <summary>Of <see cref="Impressions"/>, those within a long life.</summary>
        public int KnownWithin { get; set; }

        /// <summary>Eligible slates since birth, up to a long life.</summary>
        public int Slates { get; set; }

        /// <summary>Those in which the oracle would have shown it.</summary>
        public int Wanted { get; set; }

        public int Eligible { get; set; }

        public int Shown { get; set; }

        public int Oracle { get; set; }
    }
}
