using System.Globalization;
using System.IO.Compression;
using System.Text;
using Millrace.Journal;

namespace Millrace.Backtest.ClickLogs;

/// <summary>Streams the clicks of a file in order of time. Bad rows are left out, counted and bounded.</summary>
internal sealed class ClickLogReader(string path, ClickLogFormat format, int maxBad)
{
    private const int MaxShownFaults = 10;
    private const int MaxIdBytes = 128;

    /// <summary>User, session, item, time and segment come first.</summary>
    private const int Known = 5;

    private static readonly long EarliestMicros = UnixMicros.From(new DateTimeOffset(1970, 1, 2, 0, 0, 0, TimeSpan.Zero)).Value;
    private static readonly long LatestMicros = UnixMicros.From(new DateTimeOffset(2200, 1, 1, 0, 0, 0, TimeSpan.Zero)).Value;
    private readonly List<RowFault> _faults = [];
    private FileStream? _file;
    private double? _sortedShare;

    /// <summary>Rows that were left out.</summary>
    public int Bad { get; private set; }

    /// <summary>The first of the faults.</summary>
    public IReadOnlyList<RowFault> Faults => _faults;

    /// <summary>The share of the log that has been handed out: of its bytes, or of its rows when they were sorted.</summary>
    public double Progress => _sortedShare is { } share ? share : _file is { CanRead: true, Length: > 0 } ? (double)_file.Position / _file.Length : 1;

    /// <summary>The clicks, in order of time.</summary>
    /// <exception cref="InvalidDataException">More than the allowed number of rows are bad (lists the first), or the log does not fit the mapping.</exception>
    public IEnumerable<Click> Read() => format.Sort ? Sorted() : InFileOrder();

    private IEnumerable<Click> Sorted()
    {
        var clicks = new List<Click>();
        foreach (var click in InFileOrder())
        {
            if (clicks.Count == ClickLogFormat.MaxSorted)
            {
                throw new InvalidDataException($"{path}: more than {ClickLogFormat.MaxSorted} rows cannot be sorted in memory; sort the file by time and leave --sort out.");
            }

            clicks.Add(click);
        }

        // Stable: rows of one instant keep the file's order.
        var next = 0;
        foreach (var click in clicks.OrderBy(click => click.Time))
        {
            _sortedShare = (double)++next / clicks.Count;
            yield return click;
        }
    }

    private IEnumerable<Click> InFileOrder()
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
        _file = file;
        using Stream bytes = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(file, CompressionMode.Decompress) : file;
        using var text = new StreamReader(bytes, Encoding.UTF8, true, 1 << 16);
        var lines = new LineReader(text);
        var rows = ParserFor(lines);
        var fields = new string?[Known + format.Context.Length];
        var last = new UnixMicros(long.MinValue);
        while (lines.Next(out var tooLong) is { } line)
        {
            if (line.Length == 0 && !tooLong)
            {
                continue;
            }

            Click click = default;
            var fault = tooLong ? new RowFault(lines.Line, "line", $"at most {LineReader.MaxLine} characters", "more") : rows.Parse(line, lines.Line, fields);
            fault ??= Take(fields, lines.Line, last, out click);
            if (fault is not null)
            {
                Count(fault);
                continue;
            }

            last = click.Time;
            yield return click;
        }
    }

    private IRowParser ParserFor(LineReader lines)
    {
        string?[] wanted = [format.User, format.Session, format.Item, format.Time, format.Segment, .. format.Context];
        return format.Syntax switch
        {
            RowSyntax.Csv => DelimitedRows.WithHeader(',', lines.Next(out _) ?? throw new InvalidDataException($"{path} is empty; expected a header line."), wanted),
            RowSyntax.Tab => DelimitedRows.Numbered('\t', wanted),
            _ => new NdjsonRows(wanted),
        };
    }

    private RowFault? Take(string?[] fields, long line, UnixMicros last, out Click click)
    {
        var (user, session, item, time) = (fields[0], fields[1], fields[2], fields[3]);
        click = default;
        if (session is null && format.Session is null)
        {
            session = user;
        }

        if (IdFault(item, format.Item, line) is { } badItem)
        {
            return badItem;
        }

        if (IdFault(session, format.Session ?? format.User!, line) is { } badSession)
        {
            return badSession;
        }

        if (user is not null && IdFault(user, format.User!, line) is { } badUser)
        {
            return badUser;
        }

        if (!TryTime(time, out var at))
        {
            return new RowFault(line, format.Time, $"a time as {format.TimeFormat} between 1970-01-02 and 2200", time ?? "nothing");
        }

        if (!format.Sort && at < last)
        {
            return new RowFault(line, format.Time, "a time not before the row above (or use --sort)", time!);
        }

        if (fields[4] is { } segment && IdFault(segment, format.Segment!, line) is { } badSegment)
        {
            return badSegment;
        }

        click = new Click(user, session!, item!, at, fields[4]) { Context = format.Context.IsEmpty ? default : [.. fields.AsSpan(Known)] };
        return null;
    }

    private static RowFault? IdFault(string? id, string field, long line)
    {
        if (string.IsNullOrEmpty(id))
        {
            return new RowFault(line, field, $"an id of 1 to {MaxIdBytes} bytes", "nothing");
        }

        return Encoding.UTF8.GetByteCount(id) > MaxIdBytes || id.Any(char.IsControl)
            ? new RowFault(line, field, $"an id of 1 to {MaxIdBytes} bytes without control characters", id)
            : null;
    }

    private bool TryTime(string? text, out UnixMicros time)
    {
        time = default;
        if (format.TimeFormat == TimeFormat.Rfc3339)
        {
            if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var parsed))
            {
                return false;
            }

            time = UnixMicros.From(parsed);
        }
        else
        {
            var scale = format.TimeFormat switch { TimeFormat.UnixSeconds => 1_000_000L, TimeFormat.UnixMillis => 1_000L, _ => 1L };
            if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) || Math.Abs((double)value * scale) > LatestMicros)
            {
                return false;
            }

            time = new UnixMicros(value * scale);
        }

        return time.Value >= EarliestMicros && time.Value <= LatestMicros;
    }

    private void Count(RowFault fault)
    {
        Bad++;
        if (_faults.Count < MaxShownFaults)
        {
            _faults.Add(fault);
        }

        if (Bad > maxBad)
        {
            throw new InvalidDataException(
                $"{path}: {Bad} bad {(Bad == 1 ? "row" : "rows")}, more than --max-bad {maxBad} allows:\n" + string.Join('\n', _faults.Select(f => $"  {f}")));
        }
    }
}
