using Millrace.Journal.Facts;

namespace Millrace.Api;

/// <summary>The tokens of a decision's items, and the URLs that bear them, by slot and rank.</summary>
internal sealed class DecisionLinks
{
    private readonly Dictionary<(string Slot, int Rank), (string? Token, string? Url)> _links = [];

    /// <summary>For a decision that is shown and not handed out.</summary>
    public static DecisionLinks None { get; } = new();

    /// <summary>Signs each item; one that the catalogue knows no body of has a token and no URL.</summary>
    public static DecisionLinks Of(Decided decision, ApiServices services)
    {
        var links = new DecisionLinks();
        foreach (var slot in decision.Slots)
        {
            for (var rank = 1; rank <= slot.Items.Length; rank++)
            {
                var item = slot.Items[rank - 1];
                var token = services.Urls.Sign(decision, item, slot.Slot, rank);
                var url = services.BodyUrl(decision.Tenant, item.Item) is { } bodyUrl ? services.Urls.Join(bodyUrl, token) : null;
                links._links[(slot.Slot, rank)] = (token, url);
            }
        }

        return links;
    }

    public (string? Token, string? Url) Of(string slot, int rank) => _links.GetValueOrDefault((slot, rank));
}
