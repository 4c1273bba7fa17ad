using System.Globalization;
using System.Text;
using Millrace.Tests.House;

namespace Millrace.Tests.Models.Trees;

/// <summary>The committed models of LightGBM, and what it predicted by them.</summary>
internal static class GoldenFiles
{
    private const int Columns = 6;

    private static readonly string Folder = Path.Combine(RepositoryRoot.Path, "tests", "Millrace.Tests", "Models", "Trees", "Golden");

    /// <summary>A model's file, with its six features renamed where that is asked.</summary>
    internal static byte[] Model(string name, params string[] features)
    {
        string text = File.ReadAllText(Path.Combine(Folder, name + ".txt"));
        return Encoding.UTF8.GetBytes(features.Length == 0 ? text : text.Replace("Column_0 Column_1 Column_2 Column_3 Column_4 Column_5", string.Join(' ', features), StringComparison.Ordinal));
    }

    /// <summary>Rows, and LightGBM's raw scores and predictions, class by class within a row.</summary>
    internal static IEnumerable<(float[] Row, double[] Raw, double[] Predicted)> Scores(string name) =>
        File.ReadLines(Path.Combine(Folder, name + ".scores")).Select(static line => line.Split(' ')).Select(static words => (
            (float[])[.. words[..Columns].Select(static bits => BitConverter.UInt32BitsToSingle(uint.Parse(bits, NumberStyles.HexNumber, CultureInfo.InvariantCulture)))],
            Doubles(words[Columns..(Columns + ((words.Length - Columns) / 2))]),
            Doubles(words[(Columns + ((words.Length - Columns) / 2))..])));

    private static double[] Doubles(IEnumerable<string> words) => [.. words.Select(static bits => BitConverter.UInt64BitsToDouble(ulong.Parse(bits, NumberStyles.HexNumber, CultureInfo.InvariantCulture)))];
}
