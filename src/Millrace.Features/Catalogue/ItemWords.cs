namespace Millrace.Features.Catalogue;

/// <summary>The words of an item's row that the catalogue fills; what is the states' stands between them. All zero for an item that only events have named.</summary>
internal static class ItemWords
{
    /// <summary>Unix µs of its publication, else of the first fact about it: the first word, which reading takes with the states' cells.</summary>
    internal const int Born = 0;

    /// <summary>How many there are in front.</summary>
    internal const int Front = 1;

    /// <summary>How many there are behind: that of <see cref="FirstSeen"/>.</summary>
    internal const int Behind = 1;

    /// <summary>Unix µs of the first fact about it: the last word.</summary>
    internal static long FirstSeen(ReadOnlySpan<long> row) => row[^1];

    internal static void Write(CatalogueItem item, Span<long> row)
    {
        row[Born] = item.Ghost ? 0 : item.Born.Value;
        row[^1] = item.Ghost ? 0 : item.FirstSeen.Value;
    }
}
