using Millrace.Backtest.Learnt;

namespace Millrace.Tests.Backtest.Learnt;

public sealed class SessionNeighboursTests
{
    private const int A = 1, B = 2, C = 3, D = 4;
    private readonly SessionNeighbours _sessions = new();
    private readonly Dictionary<int, double> _scores = [];

    [Fact]
    public void Vsknn_is_as_worked_by_hand()
    {
        // The asking session is A B: A counts 1/2, B counts 2/2.
        Learn(("x", A), ("x", C), ("y", A), ("y", B), ("y", D), ("me", A), ("me", B));

        _sessions.Vsknn("me", _scores);

        // x shares A alone: similarity 1/2, and A lies two steps back: C gets 1/4. y shares both: 3/2, and B is one step back.
        Assert.Equal([(C, 0.25), (D, 1.5)], Sorted());
    }

    [Fact]
    public void Stan_is_as_worked_by_hand()
    {
        Learn(("x", A), ("x", C), ("y", D), ("y", A), ("y", B), ("me", A), ("me", B));
        var memory = TimeSpan.FromMicroseconds(10);

        _sessions.Stan("me", 20, memory, _scores);

        // Clicks came at 0 to 6. Of the asking session B weighs 1, A exp(-1/1.02); x ended at 1 and y at 4; C lies one place from A, D two from B.
        var a = Math.Exp(-1 / 1.02);
        var x = a / Math.Sqrt(2 * 2) * Math.Exp(-1.9);
        var y = (1 + a) / Math.Sqrt(2 * 3) * Math.Exp(-1.6);
        Assert.Collection(
            Sorted(),
            c => Assert.Equal((C, x * Math.Exp(-1 / 2.05)), (c.Item, c.Score), Nearly),
            d => Assert.Equal((D, y * Math.Exp(-2 / 2.05)), (d.Item, d.Score), Nearly));
    }

    [Fact]
    public void A_session_is_not_its_own_neighbour_and_one_that_is_not_known_has_none()
    {
        Learn(("me", A), ("me", B), ("other", C));

        _sessions.Vsknn("me", _scores);
        Assert.Empty(_scores);
        _sessions.Stan("nobody", 9, TimeSpan.FromDays(1), _scores);
        Assert.Empty(_scores);
    }

    [Fact]
    public void Only_the_most_recent_thousand_sessions_are_compared()
    {
        Learn(("old", A), ("old", B));
        Learn([.. Enumerable.Range(0, 1_000).SelectMany(i => ((string, int)[])[($"s{i}", A), ($"s{i}", C)])]);
        Learn(("me", A));

        _sessions.Vsknn("me", _scores);

        // A hundred of them are neighbours, each by 1.
        Assert.Equal([(C, 100.0)], Sorted());
    }

    private long _time;

    private void Learn(params (string Session, int Item)[] clicks)
    {
        foreach (var (session, item) in clicks)
        {
            _sessions.Add(session, item, _time++);
        }
    }

    private (int Item, double Score)[] Sorted() => [.. _scores.OrderBy(pair => pair.Key).Select(pair => (pair.Key, pair.Value))];

    private static bool Nearly((int Item, double Score) a, (int Item, double Score) b) => a.Item == b.Item && Math.Abs(a.Score - b.Score) < 1e-12;
}
