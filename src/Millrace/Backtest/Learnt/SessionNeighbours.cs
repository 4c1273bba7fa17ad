namespace Millrace.Backtest.Learnt;

/// <summary>
/// The session-based nearest neighbours of the literature, over the sessions so far: V-SkNN (Ludewig and Jannach 2018) and STAN (Garg et al. 2019). Sessions that go on are neighbours by
/// what they clicked until now; the asking one is not its own.
/// </summary>
internal sealed class SessionNeighbours
{
    /// <summary>The most recent sessions with an item in common are compared; that many, as in session-rec.</summary>
    private const int Sample = 1_000;

    private readonly List<Visit> _visits = [];
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly Dictionary<int, List<int>> _byItem = [];
    private readonly Dictionary<int, int> _lastPlaces = [];
    private readonly HashSet<int> _sampled = [];
    private (int Visit, long Last, double Similarity)[] _near = new (int, long, double)[Sample];
    private int _count;

    /// <summary>The items that a session has clicked, first to last; empty for one that is not known.</summary>
    public ReadOnlySpan<int> Of(string session) => _numbers.TryGetValue(session, out var visit) ? _visits[visit].Items : [];

    /// <summary>Learns a click.</summary>
    public void Add(string session, int item, long time)
    {
        if (!_numbers.TryGetValue(session, out var number))
        {
            _numbers.Add(session, number = _visits.Count);
            _visits.Add(new Visit());
        }

        var visit = _visits[number];
        visit.Last = time;
        if (!visit.Items.Contains(item))
        {
            if (!_byItem.TryGetValue(item, out var visits))
            {
                _byItem.Add(item, visits = []);
            }

            visits.Add(number);
        }

        visit.Append(item);
    }

    /// <summary>V-SkNN: 100 neighbours by the places of what they share in the asking session; an item counts by the latest of those, 1 / steps back.</summary>
    public void Vsknn(string session, Dictionary<int, double> scores)
    {
        const int neighbours = 100;
        Begin(session, scores);
        var own = Of(session);
        foreach (ref var near in _near.AsSpan(0, _count))
        {
            foreach (var (item, place) in _lastPlaces)
            {
                near.Similarity += _visits[near.Visit].Items.Contains(item) ? (place + 1.0) / own.Length : 0;
            }
        }

        foreach (var near in Nearest(neighbours))
        {
            var visit = _visits[near.Visit];
            var steps = 1;
            while (steps < own.Length && !visit.Items.Contains(own[^steps])) steps++;
            foreach (var item in visit.Items)
            {
                Count(item, near.Similarity / steps, scores);
            }
        }
    }

    /// <summary>STAN: 500 neighbours by what they share, weighted by place, and by how long ago they were; an item counts by its distance from the latest that is shared.</summary>
    /// <param name="session">The asking session.</param>
    /// <param name="now">When it asks, in Unix µs.</param>
    /// <param name="memory">After so long a neighbour counts 1/e.</param>
    /// <param name="scores">Of items, replaced.</param>
    public void Stan(string session, long now, TimeSpan memory, Dictionary<int, double> scores)
    {
        const int neighbours = 500;
        const double ofPlace = 1.02;
        const double ofDistance = 2.05;
        Begin(session, scores);
        var own = Of(session);
        foreach (ref var near in _near.AsSpan(0, _count))
        {
            var visit = _visits[near.Visit];
            foreach (var (item, place) in _lastPlaces)
            {
                near.Similarity += visit.Items.Contains(item) ? Math.Exp((place + 1 - own.Length) / ofPlace) : 0;
            }

            near.Similarity *= Math.Exp(-(now - near.Last) / memory.TotalMicroseconds) / Math.Sqrt((double)own.Length * visit.Items.Length);
        }

        foreach (var near in Nearest(neighbours))
        {
            var items = _visits[near.Visit].Items;
            var (shared, latest) = (0, -1);
            for (var i = 0; i < items.Length; i++)
            {
                if (_lastPlaces.TryGetValue(items[i], out var place) && place > latest)
                {
                    (shared, latest) = (i, place);
                }
            }

            for (var i = 0; i < items.Length; i++)
            {
                Count(items[i], near.Similarity * Math.Exp(-Math.Abs(i - shared) / ofDistance), scores);
            }
        }
    }

    private void Begin(string session, Dictionary<int, double> scores)
    {
        scores.Clear();
        _lastPlaces.Clear();
        _sampled.Clear();
        _count = 0;
        var own = Of(session);
        var itself = _numbers.GetValueOrDefault(session, -1);
        for (var place = 0; place < own.Length; place++)
        {
            _lastPlaces[own[place]] = place;
        }

        foreach (var item in _lastPlaces.Keys)
        {
            var visits = _byItem[item];
            for (var i = visits.Count - 1; i >= Math.Max(0, visits.Count - Sample); i--)
            {
                if (visits[i] != itself && _sampled.Add(visits[i]))
                {
                    if (_count == _near.Length) Array.Resize(ref _near, _count * 2);
                    _near[_count++] = (visits[i], _visits[visits[i]].Last, 0);
                }
            }
        }

        if (_count > Sample)
        {
            _near.AsSpan(0, _count).Sort(static (a, b) => (b.Last, b.Visit).CompareTo((a.Last, a.Visit)));
            _count = Sample;
        }
    }

    private ReadOnlySpan<(int Visit, long Last, double Similarity)> Nearest(int count)
    {
        var near = _near.AsSpan(0, _count);
        if (_count > count)
        {
            near.Sort(static (a, b) => (b.Similarity, b.Last, b.Visit).CompareTo((a.Similarity, a.Last, a.Visit)));
        }

        return near[..Math.Min(count, _count)];
    }

    private void Count(int item, double score, Dictionary<int, double> scores)
    {
        if (!_lastPlaces.ContainsKey(item))
        {
            scores[item] = scores.GetValueOrDefault(item) + score;
        }
    }

    private sealed class Visit
    {
        private int[] _items = new int[2];
        private int _count;

        public long Last { get; set; }

        public ReadOnlySpan<int> Items => _items.AsSpan(0, _count);

        public void Append(int item)
        {
            if (_count == _items.Length) Array.Resize(ref _items, _count * 2);
            _items[_count++] = item;
        }
    }
}
