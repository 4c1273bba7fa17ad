using System.Globalization;
using Millrace.Bench.Forests;
using Millrace.Learning.Training.LightGbm;

namespace Millrace.Bench.Candidates;

/// <summary>
/// Trains the first phase of <c>backtest --candidates</c> on what <c>--examples</c> wrote: trees that add to the points of the fused lists what those do not know of p(click). The first
/// clicks are fitted, and on the others, which are later, recall is judged: one in eight of the items that were not clicked was written, so the rank of the clicked one is some
/// eight times what it is among those, for the points as for the model.
/// </summary>
internal static class FirstPhaseTraining
{
    /// <summary><c>CandidateExamples.OthersEvery</c>.</summary>
    private const int OthersEvery = 8;

    private const int Pool = 200;

    // What the points put so high stays anyway; what is to be learnt is who stands at the edge of the pool.
    private const int EasyPlace = Pool / 2;

    /// <param name="path">The examples.</param>
    /// <param name="model">Takes the text model.</param>
    /// <param name="trees">How many.</param>
    /// <param name="leaves">Of each.</param>
    /// <param name="rate">The learning rate.</param>
    /// <param name="easy">What an item counts that the points of the lists put high.</param>
    /// <param name="fitted">The share of the clicks that is fitted; with 1 nothing is judged.</param>
    internal static int Run(string path, string model, int trees, int leaves, string rate, float easy, double fitted)
    {
        var (names, rows, labels, places, groups) = Read(path);
        int clicks = (int)(groups.Count * fitted);
        int fit = groups.Take(clicks).Sum();
        int width = names.Length;
        int column = Array.IndexOf(names, "list.points");
        double[] points = [.. Enumerable.Range(0, labels.Count).Select(row => (double)rows[(row * width) + column])];
        double intercept = Intercept(points.AsSpan(0, fit), labels);
        var data = new ForestData(width, rows.GetRange(0, fit * width).ToArray(), labels.GetRange(0, fit).ToArray(), [])
        {
            Names = names,
            Starts = [.. points.Take(fit).Select(start => start + intercept)],
            Weights = [.. places.Take(fit).Select(place => place < EasyPlace ? easy : 1)],
        };
        string text = ForestTraining.Train(
            data, trees, $"objective=binary learning_rate={rate} num_leaves={leaves} min_data_in_leaf=3000 lambda_l2=5 max_bin=127 feature_fraction=0.7 feature_fraction_seed=1 seed=1");
        File.WriteAllText(model, text);
        Console.WriteLine($"{text.Length:N0} bytes, fitted on {clicks:N0} clicks, {fit:N0} rows of {width}");
        if (clicks == groups.Count) return 0;
        using LightGbmBooster booster = LightGbmBooster.Load(text);
        double[] judged = points[fit..];
        var scores = new double[judged.Length];
        booster.Predict(rows.GetRange(fit * width, scores.Length * width).ToArray(), width, LightGbmOutput.Raw, scores);
        for (int i = 0; i < scores.Length; i++) scores[i] += judged[i];
        int[] later = [.. groups.Skip(clicks)];
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"of {later.Length:N0} clicks in the wide pool: by points {Recall(later, judged):F4}, by the model {Recall(later, scores):F4}"));
        return 0;
    }

    /// <summary>What makes the predicted clicks as many as there were.</summary>
    private static double Intercept(ReadOnlySpan<double> points, List<float> labels)
    {
        double clicked = 0;
        for (int row = 0; row < points.Length; row++) clicked += labels[row];
        double intercept = 0;
        for (int turn = 0; turn < 20; turn++)
        {
            double sum = 0;
            foreach (double start in points) sum += 1 / (1 + Math.Exp(-(start + intercept)));
            intercept += Math.Log(clicked / sum);
        }

        return intercept;
    }

    private static double Recall(int[] groups, ReadOnlySpan<double> scores)
    {
        int first = 0;
        int kept = 0;
        foreach (int items in groups)
        {
            // The clicked item is written first.
            int above = 0;
            for (int other = first + 1; other < first + items; other++) above += scores[other] >= scores[first] ? 1 : 0;
            kept += above * OthersEvery < Pool ? 1 : 0;
            first += items;
        }

        return (double)kept / groups.Length;
    }

    private static (string[] Names, List<float> Rows, List<float> Labels, List<int> Places, List<int> Groups) Read(string path)
    {
        using var lines = new StreamReader(path);
        string[] names = lines.ReadLine()!.Split(',')[3..];
        var (rows, labels, places, groups) = (new List<float>(), new List<float>(), new List<int>(), new List<int>());
        long click = -1;
        while (lines.ReadLine() is { } line)
        {
            int column = 0;
            foreach (Range range in line.AsSpan().Split(','))
            {
                ReadOnlySpan<char> field = line.AsSpan(range);
                switch (column++)
                {
                    case 0 when long.Parse(field, CultureInfo.InvariantCulture) is var of && of != click:
                        click = of;
                        groups.Add(0);
                        break;
                    case 0:
                        break;
                    case 1:
                        labels.Add(float.Parse(field, CultureInfo.InvariantCulture));
                        break;
                    case 2:
                        places.Add(int.Parse(field, CultureInfo.InvariantCulture));
                        break;
                    default:
                        rows.Add(field.IsEmpty ? float.NaN : float.Parse(field, CultureInfo.InvariantCulture));
                        break;
                }
            }

            groups[^1]++;
        }

        return (names, rows, labels, places, groups);
    }
}
