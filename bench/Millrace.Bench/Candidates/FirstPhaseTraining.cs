using System.Globalization;
using Millrace.Bench.Forests;

namespace Millrace.Bench.Candidates;

/// <summary>
/// Trains the first phase of <c>backtest --candidates</c> on what <c>--examples</c> wrote: p(click) of an item of the wide pool. The first clicks are fitted, and on the others,
/// which are later, recall is judged: one in eight of the items that were not clicked was written, so the rank of the clicked one is eight times what it is among those.
/// </summary>
internal static class FirstPhaseTraining
{
    /// <summary><c>CandidateExamples.OthersEvery</c>.</summary>
    private const int OthersEvery = 8;

    private const int Pool = 200;

    // What the points of the lists keep anyway by so many places need not be learnt as well as what stands at the edge.
    private const int EasyPlace = Pool / 2;

    /// <param name="path">The examples.</param>
    /// <param name="model">Takes the text model.</param>
    /// <param name="trees">How many.</param>
    /// <param name="leaves">Of each.</param>
    /// <param name="rate">The learning rate.</param>
    /// <param name="easy">What a click counts whose item the points of the lists put high anyway.</param>
    /// <param name="fitted">The share of the clicks that is fitted; with 1 nothing is judged.</param>
    internal static int Run(string path, string model, int trees, int leaves, string rate, float easy, double fitted)
    {
        var (names, rows, labels, places, groups) = Read(path);
        int clicks = (int)(groups.Count * fitted);
        int fit = groups.Take(clicks).Sum();
        int width = names.Length;
        int points = Array.IndexOf(names, "list.points");
        float[] fittedRows = rows.GetRange(0, fit * width).ToArray();
        float[] judgedRows = rows.GetRange(fit * width, rows.Count - (fit * width)).ToArray();
        double[] starts = [.. Enumerable.Range(0, fit).Select(row => (double)fittedRows[(row * width) + points])];
        foreach (string variant in File.ReadLines(Environment.GetEnvironmentVariable("VARIANTS")!))
        {
            string[] v = variant.Split(';');
            float w = float.Parse(v[0], CultureInfo.InvariantCulture);
            double b = double.Parse(v[1], CultureInfo.InvariantCulture);
            double c = Intercept(starts, labels, b);
            var d = new ForestData(width, fittedRows, labels.GetRange(0, fit).ToArray(), [])
            {
                Names = names,
                Starts = b > 0 ? [.. starts.Select(s => (b * s) + c)] : [],
                Weights = [.. Enumerable.Range(0, fit).Select(row => places[row] < EasyPlace ? w : 1)],
            };
            string t = LightGbmBooster.Train(d, int.Parse(v[2], CultureInfo.InvariantCulture), $"objective=binary max_bin=127 feature_fraction=0.7 feature_fraction_seed=1 seed=1 {v[3]}");
            using LightGbmBooster bb = LightGbmBooster.Load(t);
            var sc = new double[labels.Count - fit];
            bb.Predict(judgedRows, width, LightGbmOutput.Raw, sc);
            for (int i = 0; i < sc.Length; i++) sc[i] += b * judgedRows[(i * width) + points];
            Console.Write($"{variant} intercept {c:F2} {t.Length:N0} bytes ");
            Judge(groups, clicks, fit, sc, places);
            Judge(groups, clicks, fit, [.. Enumerable.Range(0, sc.Length).Select(i => (double)judgedRows[(i * width) + points])], places);
            File.WriteAllText(model + "." + v[4], t);
        }

        if (rows.Count > 0) return 0;
        var data = new ForestData(width, fittedRows, labels.GetRange(0, fit).ToArray(), [])
        {
            Names = names,
            Weights = [.. Enumerable.Range(0, fit).Select(row => labels[row] > 0 && places[row] < EasyPlace ? easy : 1)],
        };
        string text = LightGbmBooster.Train(
            data, trees, $"objective=binary learning_rate={rate} num_leaves={leaves} min_data_in_leaf=100 lambda_l2=5 max_bin=127 feature_fraction=0.7 feature_fraction_seed=1 seed=1");
        File.WriteAllText(model, text);
        Console.WriteLine($"{text.Length:N0} bytes, fitted on {clicks:N0} clicks, {fit:N0} rows of {width}");
        if (clicks == groups.Count) return 0;
        using LightGbmBooster booster = LightGbmBooster.Load(text);
        var scores = new double[labels.Count - fit];
        booster.Predict(rows.GetRange(fit * width, scores.Length * width).ToArray(), width, LightGbmOutput.Raw, scores);
        Judge(groups, clicks, fit, scores, places);
        return 0;
    }

    /// <summary>What makes the predicted clicks as many as there were.</summary>
    private static double Intercept(double[] starts, List<float> labels, double factor)
    {
        double clicked = labels.Take(starts.Length).Sum(static label => (double)label);
        double intercept = 0;
        for (int turn = 0; turn < 20; turn++)
        {
            double sum = 0;
            foreach (double start in starts) sum += 1 / (1 + Math.Exp(-((factor * start) + intercept)));
            intercept += Math.Log(clicked / sum);
        }

        return intercept;
    }

    private static void Judge(List<int> groups, int clicks, int fit, double[] scores, List<int> places)
    {
        int first = 0;
        int byModel = 0;
        int byPoints = 0;
        for (int click = clicks; click < groups.Count; first += groups[click++])
        {
            // The clicked item is written first.
            int above = 0;
            for (int other = first + 1; other < first + groups[click]; other++) above += scores[other] >= scores[first] ? 1 : 0;
            byModel += above * OthersEvery < Pool ? 1 : 0;
            byPoints += places[fit + first] < Pool ? 1 : 0;
        }

        double judged = groups.Count - clicks;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"of {judged:N0} clicks in the wide pool: by points {byPoints / judged:F4}, by the model {byModel / judged:F4}"));
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
