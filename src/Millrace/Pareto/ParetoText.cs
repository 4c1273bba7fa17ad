using System.Globalization;
using System.Text;
using Millrace.Evaluate;

namespace Millrace.Pareto;

/// <summary>The report for people: a table, and a plot of the first two objectives.</summary>
internal static class ParetoText
{
    private const int Width = 64;
    private const int Height = 17;

    public static string Of(ParetoReport report)
    {
        var text = new StringBuilder();
        void Line(FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');

        Line($"surface      {report.Surface}, policy {report.Policy}: {report.Rows.Count} weightings, by {report.Decisions:N0} recorded decisions");
        foreach (var (reason, count) in report.LeftOut)
        {
            Line($"left out     {count:N0}: {LeftOut.Say(reason)}");
        }

        foreach (var (objective, events) in report.Objectives.Zip(report.Events))
        {
            Line($"{"outcome",-12} {objective.Head}: {(objective.Sums ? "the values of" : "")} {events:N0} events '{objective.Event}', within {report.WindowSeconds:0.###} s{(objective.LessIsBetter ? "; less is better" : "")}{(events == 0 ? "; name its events with --events" : "")}");
        }

        Line($"values       per decision, SNIPS, ± half of the 95 % interval by {report.Replicates} bootstraps over persons");
        text.Append('\n');
        Table(report, text);
        text.Append('\n');
        if (report.Objectives.Count >= 2)
        {
            Plot(report, text);
        }

        foreach (var row in report.Rows.Where(row => row.Why is not null))
        {
            Line($"not-evaluable {Weights(row)}: {row.Why}");
        }

        return text.ToString();
    }

    /// <summary><c>click 1, dwell 0.2</c>.</summary>
    public static string Weights(ParetoRow row) => string.Join(", ", row.Weights.Select(weight => string.Create(CultureInfo.InvariantCulture, $"{weight.Key} {weight.Value:G6}")));

    /// <summary>Four digits that count.</summary>
    public static string Number(double value) => value == 0 ? "0" : value.ToString(Math.Abs(value) is >= 1000 or < 0.001 ? "G4" : "F" + Math.Clamp(3 - (int)Math.Floor(Math.Log10(Math.Abs(value))), 0, 6).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private static void Table(ParetoReport report, StringBuilder text)
    {
        List<string[]> lines = [["", "weights", .. report.Objectives.SelectMany(objective => (string[])[objective.Head, "above present"]), "effective", "max weight", "covered", "verdict"]];
        foreach (var row in report.Rows)
        {
            lines.Add(
            [
                Mark(row),
                Weights(row),
                .. row.Values.SelectMany(value => (string[])
                [
                    $"{Number(value.Snips)} ± {Half(value.Low, value.High)}",
                    row.Present ? "" : $"{Signed(value.Above)} ± {Half(value.AboveLow, value.AboveHigh)}",
                ]),
                row.EffectiveDecisions.ToString("N0", CultureInfo.InvariantCulture),
                row.MaxWeight.ToString("0.0", CultureInfo.InvariantCulture),
                row.Covered.ToString("0.000", CultureInfo.InvariantCulture),
                row.Verdict,
            ]);
        }

        int[] widths = [.. Enumerable.Range(0, lines[0].Length).Select(column => lines.Max(line => line[column].Length))];
        foreach (var line in lines)
        {
            text.Append(string.Join("  ", line.Select((cell, column) => column is 0 or 1 || column == line.Length - 1 ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column]))).TrimEnd()).Append('\n');
        }

        text.Append("\n* on the frontier   P the present weights\n");
    }

    private static string Mark(ParetoRow row) => (row.Frontier ? "*" : "") + (row.Present ? "P" : "");

    /// <summary>Half of an interval's width, in two digits.</summary>
    private static string Half(double low, double high) => ((high - low) / 2).ToString("G2", CultureInfo.InvariantCulture);

    private static string Signed(double value) => (value > 0 ? "+" : "") + Number(value);

    private static void Plot(ParetoReport report, StringBuilder text)
    {
        var (x, y) = (PlotAxis.Of(report, 0), PlotAxis.Of(report, 1));
        var cells = new char[Height, Width];
        for (var line = 0; line < Height; line++)
        {
            for (var column = 0; column < Width; column++)
            {
                cells[line, column] = ' ';
            }
        }

        // What matters more is drawn later, over the rest.
        foreach (var row in report.Rows.OrderBy(row => row.Present ? 3 : row.Frontier ? 2 : row.Passes ? 1 : 0))
        {
            var (column, line) = ((int)Math.Round(x.Place(row.Values[0].Snips) * (Width - 1)), (int)Math.Round((1 - y.Place(row.Values[1].Snips)) * (Height - 1)));
            cells[line, column] = row.Present ? 'P' : row.Frontier ? '*' : row.Passes ? 'o' : '.';
        }

        text.Append(CultureInfo.InvariantCulture, $"{report.Objectives[1].Head}{(report.Objectives[1].LessIsBetter ? " (less is better)" : "")}\n");
        for (var line = 0; line < Height; line++)
        {
            var label = line == 0 ? Number(y.Most) : line == Height - 1 ? Number(y.Least) : "";
            text.Append(label.PadLeft(10)).Append(" │");
            for (var column = 0; column < Width; column++)
            {
                text.Append(cells[line, column]);
            }

            while (text[^1] == ' ')
            {
                text.Length--;
            }

            text.Append('\n');
        }

        var (least, most) = (Number(x.Least), Number(x.Most));
        text.Append(' ', 11).Append('└').Append('─', Width).Append('\n');
        text.Append(' ', 12).Append(least).Append(most.PadLeft(Width - least.Length)).Append("  ").Append(report.Objectives[0].Head).Append(report.Objectives[0].LessIsBetter ? " (less is better)" : "").Append('\n');
        text.Append("\n* frontier   P present   o dominated   . not evaluable\n");
    }
}
