using System.Globalization;
using Millrace.Models.Trees;
using Millrace.Tests.House;

namespace Millrace.Tests.Models.Trees;

/// <summary>LightGBM's models and scores as files (<c>bench forest-golden</c> wrote them), which need no library of its.</summary>
public sealed class GoldenModelTests
{
    private static readonly string Folder = Path.Combine(RepositoryRoot.Path, "tests", "Millrace.Tests", "Models", "Trees", "Golden");

    [Theory]
    [InlineData("regression")]
    [InlineData("binary-zero-as-missing")]
    [InlineData("multiclass")]
    [InlineData("random-forest")]
    [InlineData("poisson-no-missing")]
    [InlineData("lambdarank")]
    public void A_committed_model_scores_as_LightGBM_did(string name)
    {
        Forest forest = ForestFile.Read(Path.Combine(Folder, name + ".txt"));
        string[][] lines = [.. File.ReadLines(Path.Combine(Folder, name + ".scores")).Select(static line => line.Split(' '))];
        int columns = forest.Features.Length;
        float[] rows = [.. lines.SelectMany(line => line.Take(columns)).Select(static bits => BitConverter.UInt32BitsToSingle(uint.Parse(bits, NumberStyles.HexNumber, CultureInfo.InvariantCulture)))];
        foreach (var level in Enum.GetValues<SimdLevel>())
        {
            var scorer = new ForestScorer([forest], forest.Features, level);
            var raw = new double[lines.Length * forest.Classes];
            var predicted = new double[raw.Length];
            scorer.Raw(rows, lines.Length, raw, new ForestScratch());
            scorer.Predict(rows, lines.Length, predicted, new ForestScratch());
            for (int row = 0; row < lines.Length; row++)
            {
                for (int at = 0; at < forest.Classes; at++)
                {
                    Assert.Equal(Bits(lines[row][columns + at]), BitConverter.DoubleToInt64Bits(raw[(at * lines.Length) + row]));
                    Assert.InRange(Bits(lines[row][columns + forest.Classes + at]) - BitConverter.DoubleToInt64Bits(predicted[(at * lines.Length) + row]), -2, 2);
                }
            }
        }
    }

    private static long Bits(string hexadecimal) => (long)ulong.Parse(hexadecimal, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
