namespace Millrace.Bench.Forests;

/// <summary>Rows to train on and to score.</summary>
/// <param name="Columns">Features per row.</param>
/// <param name="Rows">Row-major.</param>
/// <param name="Labels">One per row.</param>
/// <param name="Groups">Rows per query, for ranking; else empty.</param>
internal sealed record ForestData(int Columns, float[] Rows, float[] Labels, int[] Groups)
{
    /// <summary>What a model calls the columns; empty leaves that to LightGBM.</summary>
    internal string[] Names { get; init; } = [];

    /// <summary>What a forest starts from at each row, and what it learns is added to; empty starts from one number.</summary>
    internal double[] Starts { get; init; } = [];

    /// <summary>What a row counts; empty where all count alike.</summary>
    internal float[] Weights { get; init; } = [];

    /// <summary>Made-up rows: uniform, log-normal, rounded and sparse columns by turns, missing values where asked, categories in the last columns.</summary>
    /// <param name="seed">Equal seeds give equal data.</param>
    /// <param name="count">How many rows.</param>
    /// <param name="columns">How many features.</param>
    /// <param name="missing">Share of NaN.</param>
    /// <param name="categorical">How many of the last columns hold categories 0 to 39.</param>
    /// <param name="classes">Labels are 0 to this, less one; 0 for real labels.</param>
    internal static ForestData Make(int seed, int count, int columns, double missing = 0, int categorical = 0, int classes = 0)
    {
        var random = new Random(seed);
        var rows = new float[count * columns];
        var labels = new float[count];
        for (int row = 0; row < count; row++)
        {
            double signal = 0;
            for (int column = 0; column < columns; column++)
            {
                float value = column >= columns - categorical ? random.Next(40) : Value(random, column);
                signal += Math.Sin((value * (column + 1)) + column) / (1 + (column % 7));
                rows[(row * columns) + column] = random.NextDouble() < missing ? float.NaN : value;
            }

            double noisy = signal + (0.3 * random.NextDouble());
            labels[row] = classes > 0 ? Math.Clamp((int)Math.Floor((noisy + 1.5) / 3 * classes), 0, classes - 1) : (float)Math.Max(0, noisy + 2);
        }

        return new(columns, rows, labels, [.. Enumerable.Repeat(20, count / 20)]);
    }

    private static float Value(Random random, int column) => (column % 4) switch
    {
        0 => (float)random.NextDouble(),
        1 => (float)Math.Exp(3 * (random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5)),
        2 => random.Next(12) - 3,
        _ => random.NextDouble() < 0.6 ? 0 : (float)(random.NextDouble() - 0.3),
    };
}
