namespace Millrace;

/// <summary>Finds the known name that somebody probably meant, in a request, a configuration, an expression or a command.</summary>
public static class NearestName
{
    // Longer texts are no typing mistakes; this also bounds the work that a stranger can ask for.
    private const int MaxLength = 64;

    /// <returns>The name with the least edit distance (optimal string alignment, case ignored), the first of equals; null when more than
    /// a third of the longer text, and more than one letter, would have to change.</returns>
    public static string? Of(string text, IEnumerable<string> known)
    {
        if (text.Length is 0 or > MaxLength)
        {
            return null;
        }

        string? best = null;
        var least = int.MaxValue;
        foreach (var name in known)
        {
            var distance = name.Length > MaxLength ? int.MaxValue : Distance(text, name);
            if (distance < least && distance <= Math.Max(1, Math.Max(text.Length, name.Length) / 3))
            {
                (best, least) = (name, distance);
            }
        }

        return best;
    }

    /// <summary>Insertions, deletions, replacements and swaps of neighbours that turn one text into the other, case ignored.</summary>
    internal static int Distance(ReadOnlySpan<char> a, ReadOnlySpan<char> b)
    {
        var width = b.Length + 1;
        Span<int> rows = stackalloc int[3 * (MaxLength + 1)];
        var before = rows[..width];
        var above = rows.Slice(MaxLength + 1, width);
        var row = rows.Slice(2 * (MaxLength + 1), width);
        for (var j = 0; j < width; j++)
        {
            above[j] = j;
        }

        for (var i = 1; i <= a.Length; i++)
        {
            row[0] = i;
            for (var j = 1; j < width; j++)
            {
                var replace = above[j - 1] + (Same(a[i - 1], b[j - 1]) ? 0 : 1);
                row[j] = Math.Min(replace, Math.Min(above[j], row[j - 1]) + 1);
                if (i > 1 && j > 1 && Same(a[i - 1], b[j - 2]) && Same(a[i - 2], b[j - 1]))
                {
                    row[j] = Math.Min(row[j], before[j - 2] + 1);
                }
            }

            var free = before;
            before = above;
            above = row;
            row = free;
        }

        return above[b.Length];
    }

    private static bool Same(char a, char b) => char.ToLowerInvariant(a) == char.ToLowerInvariant(b);
}
