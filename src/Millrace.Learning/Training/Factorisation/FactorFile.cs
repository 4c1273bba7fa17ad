using System.Globalization;
using System.Text.Json;

namespace Millrace.Learning.Training.Factorisation;

/// <summary>
/// Factors as lines of JSON: a head line, then <c>{"item": id, "embedding": [...]}</c> and <c>{"user": id, "embedding": [...]}</c>, float32, items first. An item's line is what the catalogue takes as its
/// <c>embedding</c>; a vector source finds by inner product. Written beside and renamed, so that a killed run leaves no part under the name.
/// </summary>
internal static class FactorFile
{
    public static async Task WriteAsync(
        string path, ImplicitFactors factors, IReadOnlyList<string> users, IReadOnlyList<string> items, ImplicitFactorsOptions options, CancellationToken cancellation)
    {
        var beside = path + ".part";
        await using (var file = new StreamWriter(beside) { NewLine = "\n" })
        {
            await file.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture, $$"""{"format": "millrace.factors", "version": 1, "dimensions": {{factors.Dimensions}}, "items": {{items.Count}}, "users": {{users.Count}}, "seed": {{options.Seed}}}"""));
            for (var i = 0; i < items.Count; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                await file.WriteLineAsync(Line("item", items[i], factors.Column(i)));
            }

            for (var u = 0; u < users.Count; u++)
            {
                cancellation.ThrowIfCancellationRequested();
                await file.WriteLineAsync(Line("user", users[u], factors.Row(u)));
            }

            await file.FlushAsync(cancellation);
            ((FileStream)file.BaseStream).Flush(flushToDisk: true);
        }

        File.Move(beside, path, overwrite: true);
    }

    private static string Line(string kind, string id, ReadOnlySpan<double> factor)
    {
        var numbers = new string[factor.Length];
        for (var i = 0; i < numbers.Length; i++)
        {
            numbers[i] = ((float)factor[i]).ToString("R", CultureInfo.InvariantCulture);
        }

        return $$"""{"{{kind}}": {{JsonSerializer.Serialize(id)}}, "embedding": [{{string.Join(", ", numbers)}}]}""";
    }
}
