namespace Millrace.Features.Priors;

/// <summary>
/// What each item of one snapshot earned in all contexts, beside what an item of mean quality would have: by row, in pages, written by whoever reads it first. Who comes at the same
/// time writes the same numbers.
/// </summary>
internal sealed class ItemEvidence
{
    private const int PageBits = 9;

    private volatile Page?[] _pages = [];

    /// <summary>Finds what was worked out for a row.</summary>
    internal bool TryFind(int row, out double successes, out double expected)
    {
        var pages = _pages;
        if (row >> PageBits < pages.Length && pages[row >> PageBits] is { } page && Volatile.Read(ref page.Successes[row & Page.Mask]) is >= 0 and var known)
        {
            (successes, expected) = (known, page.Expected[row & Page.Mask]);
            return true;
        }

        (successes, expected) = (0, 0);
        return false;
    }

    internal void Set(int row, double successes, double expected)
    {
        var at = row >> PageBits;
        var pages = _pages;
        if (at >= pages.Length || pages[at] is null)
        {
            // Of two who grow it at a time one is lost: its rows are worked out again.
            var grown = new Page?[Math.Max(pages.Length, at + 1)];
            pages.CopyTo(grown, 0);
            grown[at] = new Page();
            _pages = pages = grown;
        }

        var page = pages[at]!;
        page.Expected[row & Page.Mask] = expected;
        Volatile.Write(ref page.Successes[row & Page.Mask], successes);
    }

    private sealed class Page
    {
        internal const int Mask = (1 << PageBits) - 1;

        internal Page() => Successes.AsSpan().Fill(-1);

        /// <summary>Negative where nothing was worked out.</summary>
        internal double[] Successes { get; } = new double[1 << PageBits];

        internal double[] Expected { get; } = new double[1 << PageBits];
    }
}
