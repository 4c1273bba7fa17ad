using System.Globalization;

namespace Millrace.Backtest.ClickLogs;

/// <summary>Rows of delimited fields; a field may stand in double quotes (RFC 4180), on one line.</summary>
internal sealed class DelimitedRows : IRowParser
{
    private readonly char _delimiter;
    private readonly int[] _wanted;
    private readonly int _last;

    private DelimitedRows(char delimiter, int[] wanted)
    {
        _delimiter = delimiter;
        _wanted = wanted;
        _last = wanted.Max();
    }

    /// <summary>Columns by their names in <paramref name="header"/>.</summary>
    /// <exception cref="InvalidDataException">The header lacks a column of the mapping; names it.</exception>
    public static DelimitedRows WithHeader(char delimiter, string header, IReadOnlyList<string?> wanted)
    {
        var names = header.Split(delimiter).Select(name => name.Trim().Trim('"')).ToArray();
        return new DelimitedRows(delimiter, [.. wanted.Select(name => name is null ? -1 : IndexOf(names, name))]);
    }

    /// <summary>Columns by their number from 1.</summary>
    /// <exception cref="InvalidDataException">A column of the mapping is not a number from 1.</exception>
    public static DelimitedRows Numbered(char delimiter, IReadOnlyList<string?> wanted) =>
        new(delimiter, [.. wanted.Select(number => number is null ? -1 : NumberOf(number))]);

    public RowFault? Parse(string line, long number, string?[] fields)
    {
        Array.Clear(fields);
        var at = 0;
        for (var column = 0; column <= _last; column++)
        {
            if (at > line.Length)
            {
                return new RowFault(number, "line", $"at least {_last + 1} fields", $"{column} in '{line}'");
            }

            if (!TryField(line, ref at, out var range, out var quoted))
            {
                return new RowFault(number, "line", "closed quotes and a delimiter after them", line);
            }

            var wanted = Array.IndexOf(_wanted, column);
            for (; wanted >= 0; wanted = Array.IndexOf(_wanted, column, wanted + 1))
            {
                fields[wanted] = quoted ? line[range].Replace("\"\"", "\"", StringComparison.Ordinal) : line[range];
            }
        }

        return null;
    }

    /// <summary>The field that begins at <paramref name="at"/>, which moves past the delimiter; past the end of the line after the last field.</summary>
    private bool TryField(string line, ref int at, out Range range, out bool quoted)
    {
        quoted = at < line.Length && line[at] == '"';
        if (!quoted)
        {
            var end = line.IndexOf(_delimiter, at);
            end = end < 0 ? line.Length : end;
            range = at..end;
            at = end + 1;
            return true;
        }

        var start = at + 1;
        var close = start;
        while ((close = line.IndexOf('"', close)) >= 0 && close + 1 < line.Length && line[close + 1] == '"')
        {
            close += 2;
            if (close >= line.Length)
            {
                close = -1;
                break;
            }
        }

        range = close < 0 ? default : start..close;
        at = close + 2;
        return close >= 0 && (close + 1 == line.Length || line[close + 1] == _delimiter);
    }

    private static int IndexOf(string[] names, string name)
    {
        var index = Array.IndexOf(names, name);
        return index >= 0 ? index : throw new InvalidDataException($"line 1: the header has no column '{name}'; it has {string.Join(", ", names)}.");
    }

    private static int NumberOf(string number) =>
        int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index is >= 1 and <= 10_000
            ? index - 1
            : throw new InvalidDataException($"--map: '{number}' is no column; expected its number from 1, since the file has no header.");
}
