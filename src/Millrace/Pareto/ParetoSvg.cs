using System.Globalization;
using System.Net;
using System.Text;

namespace Millrace.Pareto;

/// <summary>The first two objectives as a picture: every weighting with its interval, the frontier joined, the present weights marked. One file, no script; a point's weights are its tooltip.</summary>
internal sealed class ParetoSvg
{
    private const int Width = 880;
    private const int Height = 560;
    private const int Left = 84;
    private const int Right = 24;
    private const int Top = 78;
    private const int Bottom = 58;
    private const string Ink = "#1f2933";
    private const string Faint = "#9aa5b1";
    private const string Grid = "#e4e7eb";
    private const string Best = "#0b6e99";
    private const string Now = "#c2410c";

    private readonly ParetoReport _report;
    private readonly PlotAxis _x;
    private readonly PlotAxis _y;
    private readonly StringBuilder _text = new();

    private ParetoSvg(ParetoReport report) => (_report, _x, _y) = (report, PlotAxis.Of(report, 0), PlotAxis.Of(report, 1));

    /// <param name="report">With two objectives or more.</param>
    public static string Of(ParetoReport report) => new ParetoSvg(report).Draw();

    private string Draw()
    {
        Add($"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {Height}" width="{Width}" height="{Height}" font-family="system-ui, sans-serif" font-size="13" fill="{Ink}" role="img" aria-label="Objectives by weights">
            <rect width="{Width}" height="{Height}" fill="#fff"/>
            <clipPath id="plot"><rect x="{Left}" y="{Top}" width="{Width - Left - Right}" height="{Height - Top - Bottom}"/></clipPath>
            <text x="{Left}" y="28" font-size="17" font-weight="600">{Escape(_report.Surface)}: what other weights would have earned</text>
            <text x="{Left}" y="48" fill="#52606d">SNIPS per decision of {_report.Decisions:N0} recorded decisions; bars are 95 % intervals of the value</text>

            """);
        Legend();
        Axes();
        Join();
        foreach (var row in _report.Rows.OrderBy(row => row.Present ? 3 : row.Frontier ? 2 : row.Passes ? 1 : 0))
        {
            Point(row);
        }

        return _text.Append("</svg>\n").ToString();
    }

    private void Legend()
    {
        var at = (double)Left;
        foreach (var (name, fill, edge) in ((string, string, string)[])[("frontier", Best, Best), ("dominated", "#fff", Best), ("not evaluable", "#fff", Faint), ("present weights", Now, Now)])
        {
            Add($"""<circle cx="{at + 5:0.#}" cy="63" r="4.5" fill="{fill}" stroke="{edge}" stroke-width="1.5"/><text x="{at + 15:0.#}" y="67" font-size="12">{name}</text>{'\n'}""");
            at += 34 + (name.Length * 6.6);
        }
    }

    private void Axes()
    {
        foreach (var tick in _x.Ticks(6))
        {
            Add($"""<line x1="{X(tick):0.#}" y1="{Top}" x2="{X(tick):0.#}" y2="{Height - Bottom}" stroke="{Grid}"/><text x="{X(tick):0.#}" y="{Height - Bottom + 18}" text-anchor="middle" font-size="12">{Tick(tick)}</text>{'\n'}""");
        }

        foreach (var tick in _y.Ticks(6))
        {
            Add($"""<line x1="{Left}" y1="{Y(tick):0.#}" x2="{Width - Right}" y2="{Y(tick):0.#}" stroke="{Grid}"/><text x="{Left - 8}" y="{Y(tick) + 4:0.#}" text-anchor="end" font-size="12">{Tick(tick)}</text>{'\n'}""");
        }

        var middle = Top + ((Height - Top - Bottom) / 2);
        Add($"""
            <rect x="{Left}" y="{Top}" width="{Width - Left - Right}" height="{Height - Top - Bottom}" fill="none" stroke="{Faint}"/>
            <text x="{Left + ((Width - Left - Right) / 2)}" y="{Height - 14}" text-anchor="middle">{Title(0)}</text>
            <text transform="translate(20 {middle}) rotate(-90)" text-anchor="middle">{Title(1)}</text>

            """);
    }

    private void Join()
    {
        ParetoRow[] frontier = [.. _report.Rows.Where(row => row.Frontier).OrderBy(row => row.Values[0].Snips).ThenBy(row => row.Values[1].Snips)];

        // Of three objectives and more the frontier is a surface: its points seen from one side make no line.
        if (_report.Objectives.Count == 2 && frontier.Length > 1)
        {
            Add($"""<polyline points="{string.Join(' ', frontier.Select(row => string.Create(CultureInfo.InvariantCulture, $"{X(row.Values[0].Snips):0.#},{Y(row.Values[1].Snips):0.#}")))}" fill="none" stroke="{Best}" stroke-width="1.5" opacity="0.6"/>{'\n'}""");
        }
    }

    private void Point(ParetoRow row)
    {
        var (first, second) = (row.Values[0], row.Values[1]);
        var edge = row.Present ? Now : row.Passes ? Best : Faint;
        var fill = row.Present ? Now : row.Frontier ? Best : "#fff";
        Add($"""
            <g stroke="{edge}" clip-path="url(#plot)"><title>{Escape(ParetoText.Weights(row))}&#10;{Escape(Values(row))}&#10;{Escape(row.Why ?? (row.Frontier ? "on the frontier" : "dominated"))}</title>
            <line x1="{X(first.Low):0.#}" y1="{Y(second.Snips):0.#}" x2="{X(first.High):0.#}" y2="{Y(second.Snips):0.#}" opacity="0.35"/><line x1="{X(first.Snips):0.#}" y1="{Y(second.Low):0.#}" x2="{X(first.Snips):0.#}" y2="{Y(second.High):0.#}" opacity="0.35"/>
            <circle cx="{X(first.Snips):0.#}" cy="{Y(second.Snips):0.#}" r="{(row.Present ? 6 : 4.5):0.#}" fill="{fill}" stroke-width="1.5"/></g>

            """);
    }

    private string Values(ParetoRow row) => string.Join(", ", _report.Objectives.Zip(row.Values).Select(pair => $"{pair.First.Head} {ParetoText.Number(pair.Second.Snips)} ({ParetoText.Number(pair.Second.Low)} … {ParetoText.Number(pair.Second.High)})"));

    private string Title(int objective) => _report.Objectives[objective] is var of
        ? Escape($"{of.Head}: {(of.Sums ? "value of" : "number of")} '{of.Event}' per decision, {(of.LessIsBetter ? "less" : "more")} is better")
        : "";

    private double X(double value) => Left + (_x.Place(value) * (Width - Left - Right));

    private double Y(double value) => Height - Bottom - (_y.Place(value) * (Height - Top - Bottom));

    private static string Tick(double value) => Math.Round(value, 10).ToString("G6", CultureInfo.InvariantCulture);

    private static string Escape(string text) => WebUtility.HtmlEncode(text);

    private void Add(FormattableString text) => _text.Append(text.ToString(CultureInfo.InvariantCulture));
}
