namespace Millrace.Features.Catalogue;

/// <summary>The first words of an item's row, which the catalogue fills; what is the states' follows. All zero for an item that only events have named.</summary>
internal static class ItemWords
{
    /// <summary>Unix µs of its publication, else of the first fact about it.</summary>
    internal const int Born = 0;

    /// <summary>Unix µs of the first fact about it.</summary>
    internal const int FirstSeen = 1;

    /// <summary>How many there are.</summary>
    internal const int Count = 2;

    internal static void Write(CatalogueItem item, Span<long> row)
    {
        row[Born] = item.Ghost ? 0 : item.Born.Value;
        row[FirstSeen] = item.Ghost ? 0 : item.FirstSeen.Value;
    }
}
