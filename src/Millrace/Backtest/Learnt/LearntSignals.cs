using Millrace.Backtest.ClickLogs;
using Millrace.Journal;

namespace Millrace.Backtest.Learnt;

/// <summary>What a learnt ranking knows beside the node's lists and features: session neighbours, clicks by context, and the hour. It learns a click after that was scored.</summary>
internal sealed class LearntSignals
{
    private static readonly TimeSpan StanMemory = TimeSpan.FromDays(5);
    private static readonly TimeSpan StanMemoryOfNews = TimeSpan.FromHours(3);

    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly List<string> _items = [];
    private readonly SessionNeighbours _sessions = new();
    private readonly DecayedCounts _byReferrer = new(TimeSpan.FromHours(1));
    private readonly DecayedCounts _byDevice = new(TimeSpan.FromHours(1));

    /// <summary>Of the session last asked for, the scores of V-SkNN by item.</summary>
    public Dictionary<int, double> Vsknn { get; } = [];

    /// <summary>The scores of STAN, its neighbours fading in five days as in session-rec.</summary>
    public Dictionary<int, double> Stan { get; } = [];

    /// <summary>The scores of STAN, its neighbours fading in three hours: what is read last week is no news.</summary>
    public Dictionary<int, double> StanOfNews { get; } = [];

    /// <summary>The name of an item by its number.</summary>
    public string NameOf(int item) => _items[item];

    /// <summary>The number of an item; -1 for one that was never clicked.</summary>
    public int NumberOf(string item) => _numbers.GetValueOrDefault(item, -1);

    /// <summary>Learns a click.</summary>
    public void Observe(in Click click)
    {
        if (!_numbers.TryGetValue(click.Item, out var item))
        {
            _numbers.Add(click.Item, item = _items.Count);
            _items.Add(click.Item);
        }

        _sessions.Add(click.Session, item, click.Time.Value);
        _byReferrer.Add(Context(click, 0), item, click.Time.Value);
        _byDevice.Add(Context(click, 1), item, click.Time.Value);
    }

    /// <summary>Asks the neighbours of a session before its next click.</summary>
    public void Ask(in Click click)
    {
        _sessions.Vsknn(click.Session, Vsknn);
        _sessions.Stan(click.Session, click.Time.Value, StanMemory, Stan);
        _sessions.Stan(click.Session, click.Time.Value, StanMemoryOfNews, StanOfNews);
    }

    /// <summary>Writes <see cref="LearntColumns.Own"/> behind what was read of each candidate.</summary>
    /// <param name="click">Of whom the session, the context and the time are read, never the item.</param>
    /// <param name="items">The candidates, by number.</param>
    /// <param name="columns">Where things stand.</param>
    /// <param name="matrix">Row-major, filled but for the last columns.</param>
    public void Fill(in Click click, ReadOnlySpan<int> items, LearntColumns columns, Span<float> matrix)
    {
        var width = columns.Names.Length;
        var hour = (float)(click.Time.Value % UnixMicrosPerDay / UnixMicrosPerHour);
        var clicks = _sessions.Of(click.Session).Length;
        for (var i = 0; i < items.Length; i++)
        {
            var row = matrix.Slice(i * width, width);
            var blend = 0.0;
            foreach (var (column, weight) in columns.Blend)
            {
                blend += float.IsNaN(row[column]) ? 0 : weight * row[column];
            }

            var own = row[columns.Read..];
            own[0] = (float)blend;
            own[2] = (float)Vsknn.GetValueOrDefault(items[i]);
            own[4] = (float)StanOfNews.GetValueOrDefault(items[i]);
            own[6] = (float)Math.Log(1 + _byReferrer.Of(Context(click, 0), items[i], click.Time.Value));
            own[7] = (float)Math.Log(1 + _byDevice.Of(Context(click, 1), items[i], click.Time.Value));
            own[8] = hour;
            own[9] = clicks;
        }

        Rank(matrix, width, columns.Read, columns.Read + 1);
        Rank(matrix, width, columns.Read + 2, columns.Read + 3);
        Rank(matrix, width, columns.Read + 4, columns.Read + 5);
    }

    private const long UnixMicrosPerHour = 3_600_000_000;
    private const long UnixMicrosPerDay = 24 * UnixMicrosPerHour;

    private static string? Context(in Click click, int place) => click.Context.IsDefault || click.Context.Length <= place ? null : click.Context[place];

    /// <summary>How many candidates have more in one column, into another.</summary>
    private static void Rank(Span<float> matrix, int width, int from, int to)
    {
        var count = matrix.Length / width;
        var values = new float[count];
        var order = new int[count];
        for (var i = 0; i < count; i++)
        {
            (values[i], order[i]) = (-matrix[(i * width) + from], i);
        }

        Array.Sort(values, order);
        for (var i = 0; i < count; i++)
        {
            var tied = i > 0 && values[i] == values[i - 1];
            matrix[(order[i] * width) + to] = tied ? matrix[(order[i - 1] * width) + to] : i;
        }
    }
}
