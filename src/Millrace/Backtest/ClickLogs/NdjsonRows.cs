using System.Text.Json;

namespace Millrace.Backtest.ClickLogs;

/// <summary>Rows of one JSON object each; a wanted property is a string or a number.</summary>
internal sealed class NdjsonRows(IReadOnlyList<string?> wanted) : IRowParser
{
    public RowFault? Parse(string line, long number, string?[] fields)
    {
        Array.Clear(fields);
        try
        {
            using var row = JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = 32 });
            if (row.RootElement.ValueKind != JsonValueKind.Object)
            {
                return new RowFault(number, "line", "a JSON object", line);
            }

            for (var i = 0; i < fields.Length; i++)
            {
                if (wanted[i] is not { } name || !row.RootElement.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
                {
                    continue;
                }

                if (value.ValueKind is not (JsonValueKind.String or JsonValueKind.Number))
                {
                    return new RowFault(number, name, "a string or a number", value.GetRawText());
                }

                fields[i] = value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText();
            }

            return null;
        }
        catch (JsonException fault)
        {
            return new RowFault(number, "line", $"JSON ({fault.Message})", line);
        }
    }
}
