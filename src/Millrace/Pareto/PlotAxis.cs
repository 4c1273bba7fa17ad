namespace Millrace.Pareto;

/// <summary>From values of an objective to a place along an axis.</summary>
/// <param name="Least">At its beginning.</param>
/// <param name="Most">At its end; above <paramref name="Least"/>.</param>
internal readonly record struct PlotAxis(double Least, double Most)
{
    private const double Margin = 0.05;

    /// <summary>Spans all rows' estimates of an objective.</summary>
    public static PlotAxis Of(ParetoReport report, int objective)
    {
        var (least, most) = (report.Rows.Min(row => row.Values[objective].Snips), report.Rows.Max(row => row.Values[objective].Snips));
        var room = most > least ? (most - least) * Margin : Math.Max(Math.Abs(most) * Margin, 1e-9);
        return new PlotAxis(least - room, most + room);
    }

    /// <summary>In [0, 1] for what lies within.</summary>
    public double Place(double value) => (value - Least) / (Most - Least);

    /// <summary>Round values along it, about so many.</summary>
    public IEnumerable<double> Ticks(int about)
    {
        var raw = (Most - Least) / about;
        var unit = Math.Pow(10, Math.Floor(Math.Log10(raw)));
        var step = unit * ((raw / unit) switch { < 1.5 => 1, < 3.5 => 2, < 7.5 => 5, _ => 10 });
        for (var i = (long)Math.Ceiling(Least / step); i * step <= Most; i++)
        {
            yield return i * step;
        }
    }
}
