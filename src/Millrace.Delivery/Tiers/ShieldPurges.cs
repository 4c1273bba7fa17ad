using Millrace.Delivery.Keys;
using Millrace.Delivery.Origins;
using Millrace.Delivery.Purge;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Routes;
using Millrace.Delivery.Storage;

namespace Millrace.Delivery.Tiers;

/// <summary>What purges that this node has obeyed mean for its shields, which may not have heard of them: what may be asked, and which answers are void.</summary>
internal sealed class ShieldPurges(PurgeLog log, PurgeTouch touch)
{
    /// <summary>The feed that is followed; null for none, and then no shield can know of what is purged here.</summary>
    public string? Feed { get; set; }

    /// <summary>
    /// Whether an answer by a shield would do at all. Not for what only the origin can vouch for: a contract that was promised purges, while none reach
    /// us; and what was purged here alone.
    /// </summary>
    /// <param name="key">The object, or null when no cache has a say in it.</param>
    /// <param name="contract">Its route's contract.</param>
    /// <param name="mark">The purges that the answer may not be older than; null for none.</param>
    public bool MayAsk(CacheKey? key, Contract contract, out PurgeMark? mark)
    {
        mark = null;
        if (key is null)
        {
            return true;
        }

        var need = log.NeedOf(key);
        mark = need > 0 && Feed is not null ? new PurgeMark(Feed, need) : null;
        return (need == 0 || mark is not null) && (contract.Kind == ContractKind.Available || !touch.IsUnverified(Beginning.Restored(0)));
    }

    /// <summary>Whether an answer is older than a purge of its object that has been obeyed here, for all that the shield says.</summary>
    public bool IsOutdated(CacheKey? key, OriginResponse response)
    {
        if (key is null)
        {
            return false;
        }

        var vouched = response.Tier.Purges is { } mark && mark.Feed == Feed ? Math.Min(mark.Next, log.Next) : 0;
        return log.Touches(new Beginning(vouched, long.MaxValue, PurgeTouch.Never), key, SurrogateKeys.Of(response.Headers));
    }
}
