using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using Millrace.Backtest.ClickLogs;

namespace Millrace.CacheSim.Traces;

/// <summary>Rows of a header that names key and size. A key is any text; two are the same object when they are the same characters.</summary>
internal static class CsvTrace
{
    private static readonly string[] Wanted = ["key", "size"];

    public static bool IsHeader(string line)
    {
        var names = line.Split(',').Select(static name => name.Trim().Trim('"')).ToList();
        return Array.TrueForAll(Wanted, names.Contains);
    }

    public static void Read(string header, Func<string?> next, Action<ulong, long> add)
    {
        var rows = DelimitedRows.WithHeader(',', header, Wanted);
        var fields = new string?[Wanted.Length];
        for (var number = 2L; next() is { } line; number++)
        {
            if (line.Length == 0)
            {
                continue;
            }

            if (rows.Parse(line, number, fields) is { } fault)
            {
                throw new InvalidDataException(fault.ToString());
            }

            if (!long.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out var size))
            {
                throw new InvalidDataException($"line {number}: size: expected whole bytes, got '{fields[1]}'.");
            }

            add(Name(fields[0]), size);
        }
    }

    internal static ulong Name(ReadOnlySpan<char> text) => XxHash3.HashToUInt64(MemoryMarshal.AsBytes(text));
}
