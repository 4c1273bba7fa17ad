using Millrace.Features.PointInTime;
using Millrace.Features.PointInTime.Parquet;
using Millrace.Journal;
using Millrace.Learning.Attribution;
using Millrace.Learning.DuckDb;
using Millrace.Learning.Training;
using Millrace.Tests.Learning.Attribution;

namespace Millrace.Tests.Learning.Training;

/// <summary>
/// Rows and labels of decisions on two hours, an hour to a file: decision d of every minute placed three items; item 0 has the feature x = d, item 1 has none, item 2 has x = -d. Item 0 of every
/// second decision was clicked, and its body was a hit after 20 ms, or of every fourth decision a miss after 320; person p is d modulo 4.
/// </summary>
internal sealed class ExampleScene : IDisposable
{
    public const int Decisions = 120;
    public const int Items = 3;

    public static readonly UnixMicros Start = LabelScene.Start;

    private readonly LabelFolder _folder = new();

    public string Rows => Path.Combine(_folder.Path, "rows");

    public string Labels => Path.Combine(_folder.Path, "labels");

    public ExampleQuery Query => new() { Rows = Rows, Labels = Labels, Label = "click" };

    public static UnixMicros At(int decision) => Start + TimeSpan.FromMinutes(decision);

    public static async Task<ExampleScene> CreateAsync(Func<int, bool>? isBuilt = null)
    {
        var scene = new ExampleScene();
        await scene.WriteRowsAsync("x", "y");
        scene.WriteLabels(isBuilt ?? (_ => true));
        return scene;
    }

    public async Task WriteRowsAsync(params string[] features)
    {
        for (var hour = 0; hour < 2; hour++)
        {
            var slice = new RowSlice(At(60 * hour), At(60 * (hour + 1)), [.. features], "definitions", 1, RowKind.Candidates, Journal: "journal");
            await using var sink = new ParquetRowSink(Rows, slice, new RowFileOptions());
            for (var d = 60 * hour; d < 60 * (hour + 1); d++)
            {
                // The fourth was a candidate and not shown.
                RowItem[] items = [.. Enumerable.Range(0, Items).Select(i => new RowItem($"i{i}", "main", i + 1, 0.5)), new RowItem("i3")];
                float[] matrix = [.. items.SelectMany((_, i) => features.Select(name => name != "x" ? i : i == 1 ? float.NaN : i == 0 ? d : -d))];
                await sink.WriteAsync(new DecisionRows($"d{d}", At(d), "home", "home@1", 0, "online", items, matrix));
            }

            await sink.CompleteAsync();
        }
    }

    /// <summary>Labels by the same door as a build's.</summary>
    public void WriteLabels(Func<int, bool> isBuilt)
    {
        LabelOrigin origin = new("outcomes", "journal");
        Directory.CreateDirectory(Labels);
        var stage = Directory.CreateDirectory(Path.Combine(_folder.Path, "stage"));
        OutcomeDefinition[] outcomes = [new("click", "click", TimeSpan.FromMinutes(10)), new("impression", "impression", TimeSpan.FromMinutes(10))];
        using (var store = DuckDbSession.In(stage.FullName, new DuckDbOptions()))
        {
            using (var taken = new LabelStage(store, [.. outcomes], subject => subject[1]))
            {
                for (var d = 0; d < Decisions; d++)
                {
                    Take(taken, d, isBuilt);
                }
            }

            var join = new LabelJoin(store, [.. outcomes]);
            join.Run();
            foreach (var span in LabelSpan.Cut(At(0), At(Decisions), TimeSpan.FromHours(1)))
            {
                LabelFiles.Write(Labels, span, At(Decisions), isFinal: true, origin, join);
            }
        }

        stage.Delete(recursive: true);
    }

    public void Dispose() => _folder.Dispose();

    private static void Take(LabelStage stage, int d, Func<int, bool> isBuilt)
    {
        if (!isBuilt(d))
        {
            return;
        }

        stage.Add(
            new Millrace.Journal.Facts.Decided
            {
                Id = $"d{d}",
                Surface = "home",
                Policy = d % 3 == 0 ? "other@1" : "home@2",
                User = $"u{d % 4}",
                Slots = [new("main", [.. Enumerable.Range(0, Items).Select(i => new Millrace.Journal.Facts.DecidedItem($"i{i}", 0, 0.5, false, Explorable: i > 0, 0))])],
            },
            At(d));
        var seen = new Millrace.Journal.Facts.Observed { Id = $"i{d}", Event = "impression", Item = "i0", Decision = $"d{d}", Time = At(d), Received = At(d) };
        stage.Add(seen, _ => true);
        var (outcome, wait) = d % 4 == 1 ? ("miss", 320) : ("hit", 20);
        stage.Add(new Millrace.Journal.Facts.Delivered { Id = $"v{d}", Route = "/", Decision = $"d{d}", Item = "i0", Rank = 1, Outcome = outcome, TimeToFirstByte = TimeSpan.FromMilliseconds(wait), Time = At(d), Received = At(d) });
        if (d % 2 == 0)
        {
            stage.Add(seen with { Id = $"c{d}", Event = "click" }, _ => true);
        }
    }
}
