namespace Millrace.Backtest.ClickLogs;

/// <summary>Reads lines of bounded length, so that a file without line ends cannot fill memory.</summary>
internal sealed class LineReader(TextReader text)
{
    /// <summary>The longest line that is taken; of a longer one nothing is kept.</summary>
    public const int MaxLine = 1 << 20;

    private readonly char[] _buffer = new char[1 << 16];
    private readonly System.Text.StringBuilder _carried = new();
    private int _at;
    private int _end;

    /// <summary>The 1-based number of the line read last.</summary>
    public long Line { get; private set; }

    /// <summary>The next line without its end; null at the end of the file.</summary>
    /// <param name="tooLong">Whether the line passed <see cref="MaxLine"/>: it is then returned empty.</param>
    public string? Next(out bool tooLong)
    {
        tooLong = false;
        _carried.Clear();
        var any = false;
        while (Fill())
        {
            any = true;
            var rest = _buffer.AsSpan(_at, _end - _at);
            var newline = rest.IndexOf('\n');
            var part = newline < 0 ? rest : rest[..newline];
            _at += newline < 0 ? rest.Length : newline + 1;
            tooLong |= _carried.Length + part.Length > MaxLine;
            if (!tooLong)
            {
                if (newline >= 0 && _carried.Length == 0)
                {
                    Line++;
                    return part.TrimEnd('\r').ToString();
                }

                _carried.Append(part);
            }

            if (newline >= 0)
            {
                break;
            }
        }

        if (!any)
        {
            return null;
        }

        Line++;
        return tooLong ? "" : _carried.ToString().TrimEnd('\r');
    }

    private bool Fill()
    {
        if (_at == _end)
        {
            _at = 0;
            _end = text.Read(_buffer);
        }

        return _end > 0;
    }
}
