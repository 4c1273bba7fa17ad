namespace Millrace.World.Client;

/// <summary>What the audience reads of a decision.</summary>
/// <param name="DecisionId">Its id.</param>
/// <param name="Items">The first slot's items in order.</param>
/// <param name="Degraded">Whether the reply says that it is degraded.</param>
/// <param name="Took">From sending to the reply being read.</param>
public sealed record Decision(string DecisionId, IReadOnlyList<DecisionItem> Items, bool Degraded, TimeSpan Took);

/// <summary>An item of a decision.</summary>
/// <param name="Id">The item's id.</param>
/// <param name="Url">Where its body is fetched; null when the item has none.</param>
/// <param name="Source">Which sources proposed it.</param>
public sealed record DecisionItem(string Id, string? Url, IReadOnlyList<string> Source)
{
    private const string TokenParameter = "_mr=";

    /// <summary>The signed token that the URL carries in its query as <c>_mr</c>; it goes back with events. Null when there is none.</summary>
    public string? Token
    {
        get
        {
            var query = Url?.IndexOf('?', StringComparison.Ordinal) ?? -1;
            return query < 0
                ? null
                : Url![(query + 1)..].Split('#')[0].Split('&')
                    .FirstOrDefault(pair => pair.StartsWith(TokenParameter, StringComparison.Ordinal)) is { } pair
                    ? Uri.UnescapeDataString(pair[TokenParameter.Length..])
                    : null;
        }
    }
}
