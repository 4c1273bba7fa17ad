using System.Runtime.InteropServices;

namespace Millrace.Features.Online;

/// <summary>Rows by the value that they have of a part.</summary>
internal static class RowsByValue
{
    /// <summary>So many of the most clicked are sorted in, and all of the newest: with four values each they take some 50 KB of a snapshot.</summary>
    internal const int MostListed = 2000;

    /// <summary>Per value the most clicked rows that have it, by count, then the newest that are not among those.</summary>
    /// <param name="values">The values of each item.</param>
    /// <param name="popular">The most clicked rows.</param>
    /// <param name="snapshot">Where values are read.</param>
    internal static Dictionary<uint, int[]> Of(CatalogueState.Frozen values, ReadOnlySpan<int> popular, FeatureSnapshot snapshot)
    {
        var lists = new Dictionary<uint, List<int>>();
        var listed = new HashSet<int>(popular.Length);
        foreach (var row in popular)
        {
            listed.Add(row);
            Sort(row);
        }

        foreach (var row in snapshot.Recent)
        {
            if (!listed.Contains(row))
            {
                Sort(row);
            }
        }

        return lists.ToDictionary(list => list.Key, list => list.Value.ToArray());

        void Sort(int row)
        {
            foreach (var value in values.Of(snapshot.Cells(row)))
            {
                if (value != 0)
                {
                    (CollectionsMarshal.GetValueRefOrAddDefault(lists, value, out _) ??= []).Add(row);
                }
            }
        }
    }
}
