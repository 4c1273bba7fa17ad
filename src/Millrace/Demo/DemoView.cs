using System.Globalization;
using Millrace.World.Run;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Millrace.Demo;

/// <summary>How the demo looks: a table that is redrawn in a terminal, one line per look where output is redirected.</summary>
internal static class DemoView
{
    private const int TrendWidth = 30; // Beside two other columns in 80.

    /// <summary>The live table.</summary>
    public static IRenderable Table(DemoFigures figures)
    {
        var world = figures.World;
        var table = new Table().Border(TableBorder.Rounded).HideHeaders().AddColumn("what").AddColumn("value").AddColumn("meaning");
        Row(table, "click rate", $"[bold green]{F3(figures.Realised)}[/] clicks a view", $"expected {F3(figures.Rate)}   random {F3(figures.Random)}   oracle {F3(figures.Oracle)}");
        Row(table, "way to oracle", $"[bold]{Percent(figures.Recent.ShareOfTheWay)}[/]", "of the expected clicks: 0 % is a random list, 100 % knows every visitor's mind");
        Row(table, "", $"[green]{Trend(world)}[/]", $"one bar is {Seconds(world.BinWidth)}, the tallest is {Percent(Highest(world))}");
        Row(table, "regret", $"{F0(world.Total.Oracle - world.Total.Clicks)} clicks", "made less than the oracle's, since the start");
        Row(table, "decisions", $"{F1(figures.DecisionsPerSecond)}/s, {world.Total.Views:N0} in all", $"p50 {Ms(world.DecideMedian)}   p99 {Ms(world.Decide99)}   degraded {world.Degraded:N0}");
        Row(table, "cache", $"{Percent(world.HitRatio)} hits of {world.Bodies:N0} bodies", $"first byte p50 {Ms(world.FirstByteMedian)}   origin saw {figures.OriginRequests:N0}   missing {world.Missing:N0}");
        Row(table, "journal", $"{figures.JournalFacts:N0} facts", $"{Mib(figures.JournalBytes)} durable   {world.Events:N0} events acknowledged");
        Row(table, "items", $"{world.Published:N0} published", "born and fading all the time");
        if (Trouble(figures) is { Length: > 0 } trouble)
        {
            Row(table, "[red]trouble[/]", Markup.Escape(trouble), Markup.Escape(figures.Client.LastFault ?? ""));
        }

        return table;
    }

    /// <summary>One look in one line.</summary>
    public static string Line(DemoFigures figures)
    {
        var world = figures.World;
        var trouble = Trouble(figures);
        return string.Create(CultureInfo.InvariantCulture,
            $"{world.Elapsed.TotalSeconds,4:F0}s  clicked {F3(figures.Realised)} a view (expected {F3(figures.Rate)}, random {F3(figures.Random)}, oracle {F3(figures.Oracle)}, {Percent(figures.Recent.ShareOfTheWay)} of the way)"
            + $"  {F1(figures.DecisionsPerSecond)} decisions/s p50 {Ms(world.DecideMedian)} p99 {Ms(world.Decide99)}  cache {Percent(world.HitRatio)} hits"
            + $"  journal {figures.JournalFacts:N0} facts {Mib(figures.JournalBytes)}{(trouble.Length > 0 ? "  TROUBLE " + trouble + ": " + figures.Client.LastFault : "")}");
    }

    /// <summary>How it went, at the end.</summary>
    public static IEnumerable<string> Summary(DemoFigures figures)
    {
        var world = figures.World;
        var bins = world.Trend.SkipLast(1).ToArray();
        var sixth = Math.Max(1, bins.Length / 6);
        var (early, late) = (Together(bins.Take(sixth)), Together(bins.TakeLast(sixth)));
        yield return "";
        yield return $"Clicks a view: {Rates("first sixth", early)}; {Rates("last sixth", late)}.";
        yield return $"  {Trend(world)}   way from random to oracle, one bar is {Seconds(world.BinWidth)}, the tallest is {Percent(Highest(world))}";
        yield return $"{world.Total.Views:N0} decisions, p50 {Ms(world.DecideMedian)}, p99 {Ms(world.Decide99)} as the client saw them; first after {Seconds(world.FirstDecision)},"
            + $" first that used its session's clicks after {Seconds(world.FirstPersonalised)}.";
        yield return $"Cache: {Percent(world.HitRatio)} hits of {world.Bodies:N0} bodies; the origin saw {figures.OriginRequests:N0} requests.";
        yield return $"Journal: {figures.JournalFacts:N0} facts, {Mib(figures.JournalBytes)}; {world.Events:N0} events acknowledged. Regret {F0(world.Total.Oracle - world.Total.Clicks)} clicks over {world.Total.Views:N0} views.";
        if (Trouble(figures) is { Length: > 0 } trouble)
        {
            yield return $"Trouble: {trouble}. Last: {figures.Client.LastFault}";
        }
    }

    private static string Rates(string when, TrendBin bin) => bin.Views == 0
        ? $"{when} nothing was shown"
        : $"{when} {F3((double)bin.Clicks / bin.Views)} (expected {F3(bin.Expected / bin.Views)}, random {F3(bin.Random / bin.Views)}, oracle {F3(bin.Oracle / bin.Views)}, {Percent(bin.ShareOfTheWay)} of the way)";

    private static TrendBin Together(IEnumerable<TrendBin> bins) => bins.Aggregate(default(TrendBin), TrendBin.Add);

    private static string Trend(WorldReport world) => Sparkline.Of(Shares(world), Highest(world), TrendWidth);

    private static double Highest(WorldReport world) => Shares(world).TakeLast(TrendWidth).DefaultIfEmpty(0).Max();

    private static IEnumerable<double> Shares(WorldReport world) => world.Trend.SkipLast(1).Select(bin => bin.ShareOfTheWay);

    private static string Trouble(DemoFigures figures)
    {
        var (world, client) = (figures.World, figures.Client);
        (string Name, long Count)[] counts =
        [
            ("refused", client.Refused), ("failed", client.Failed), ("timed out", client.TimedOut), ("no turn", client.NoTurn),
            ("undecided", world.Undecided), ("turned away", world.TurnedAway), ("unknown items", world.Strangers),
        ];
        return string.Join(", ", counts.Where(count => count.Count > 0).Select(count => $"{count.Count:N0} {count.Name}"));
    }

    private static void Row(Table table, string what, string value, string meaning) => table.AddRow(what, value, $"[dim]{meaning}[/]");

    private static string F0(double value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string F1(double value) => value.ToString("F1", CultureInfo.InvariantCulture);

    private static string F3(double value) => value.ToString("F3", CultureInfo.InvariantCulture);

    private static string Percent(double share) => (share * 100).ToString("F0", CultureInfo.InvariantCulture) + " %";

    private static string Ms(TimeSpan time) => time.TotalMilliseconds.ToString("F1", CultureInfo.InvariantCulture) + " ms";

    private static string Seconds(TimeSpan? time) => time is { } known ? known.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture) + " s" : "(never)";

    private static string Mib(long bytes) => (bytes / (1024.0 * 1024.0)).ToString("F1", CultureInfo.InvariantCulture) + " MiB";
}
