using Millrace.Decisions.Terms;
using Millrace.Delivery;
using Millrace.Features.Catalogue;

namespace Millrace.Flywheel;

/// <summary>
/// Joint delivery→decisions: what delivering an item costs this node. 0 when memory holds its body fresh, 1 when somebody would have to be asked. Missing for an item whose
/// body is not at an absolute URL: which host it will be asked of is not known.
/// </summary>
/// <param name="plane">The node's; null until it is open.</param>
internal sealed class CacheToCost(Func<DeliveryPlane?> plane) : IObjectiveTerm
{
    public const string TermName = "deliveryCost";

    // The clock is asked about every ten microseconds.
    private const int Between = 32;

    public string Name => TermName;

    public bool Fill(ReadOnlySpan<CatalogueItem?> items, TermBudget budget, Span<float> values)
    {
        if (plane() is not { } delivery)
        {
            return true;
        }

        for (var i = 0; i < items.Length; i++)
        {
            if (i % Between == Between - 1 && budget.IsSpent)
            {
                return false;
            }

            if (items[i]?.BodyUrl is { } url && delivery.IsHeldFresh(url) is { } fresh)
            {
                values[i] = fresh ? 0 : 1;
            }
        }

        return true;
    }
}
