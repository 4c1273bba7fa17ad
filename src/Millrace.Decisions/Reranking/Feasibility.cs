using System.Numerics;
using Millrace.Decisions.Exploration;
using Millrace.Decisions.Ranking;

namespace Millrace.Decisions.Reranking;

/// <summary>
/// Says of a candidate whether it may stand at the next place so that every quota can still be met, from counters: no search.
/// </summary>
/// <remarks>
/// A quota j wants d(j) more of the candidates S(j) among the places before r(j). Let j lie within k where S(j) ⊆ S(k) and r(j) ≤ r(k), and let each quota ask for
/// e(j) = max(0, d(j) − Σ e(i) over the i within j) <i>units</i>, the innermost first. A unit of j is a candidate of S(j) at a free place before r(j). Units of j count for
/// all that j lies within; so who can give every unit a candidate and a place of its own, within the limits, meets all quotas. Where quotas are nested or disjoint the
/// converse holds as well: from a slate that meets them, take Σ e(i) for the inner ones first, and of the d(j) in j at least e(j) are left. Candidate and place of a
/// unit are free of each other, so that there are two independent questions:
/// <list type="bullet">
/// <item>places: units with deadlines on places of one unit each fit if for every r the units due before r are no more than the free places before r (Hall);</item>
/// <item>candidates: a limit on the values of one attribute makes a matroid, of rank ρ(U) = Σ over groups min(what the limit leaves, untaken of U in the group). Distinct
/// candidates that are independent in it exist if for every set J of quotas Σ e(j) ≤ ρ(∪ S(j)) (Rado's theorem).</item>
/// </list>
/// With q quotas there are 2^q sets J; their ranks are counters, and one more candidate lowers each by at most one. Free places do not suffer: an independent set extends
/// to one as large as any. Where quotas cross, units are still enough (a candidate in both serves both when it is placed) but not always needed: some are then
/// given up that a search could have met. Limits × sets are bounded: beyond <see cref="MostSets"/> the last quotas are not watched, only counted. Limits on two attributes at once are no matroid: each alone is kept exactly, quotas may then end unmet, and the caller says so.
/// </remarks>
internal sealed class Feasibility
{
    private const int MostQuotas = 8;

    // Limits × sets J: what is looked at for a candidate, and kept for a group. Room for the quotas of any policy under its limits and a request's, 24 × 2^5.
    private const int MostSets = 1024;

    private readonly int[] _needs = new int[MostQuotas];
    private readonly int[] _units = new int[MostQuotas];
    private readonly int[] _placed = new int[MostQuotas];
    private readonly byte[] _within = new byte[MostQuotas];
    private readonly int[] _inner = new int[MostQuotas];
    private bool[] _taken = [];
    private int[] _used = [];
    private int[] _free = [];
    // By limit and set J: ρ. By group that can fill up and J: how many untaken.
    private int[] _ranks = [];
    private int[] _left = [];
    // By limit and group, its place in _left; −1 where the limit leaves room for all of it, which stays so: whoever is taken leaves one less of both.
    private int[] _tight = [];
    // By kind of candidate (its quotas): the least of ρ(J) − Σ e, and Σ e by J, if it stood at the place.
    private int[] _slack = [];
    private int[] _wanted = [];
    private long[] _known = [];
    private int _watched;
    private int _sets;
    private int _place;
    private long _turn;

    /// <summary>Whether any quota still wants something.</summary>
    private bool Open => _sets > 1 && _needs.AsSpan().ContainsAnyExcept(0);

    /// <summary>Counts the problem, places its pins, and lowers what can never be met: later quotas before earlier ones.</summary>
    internal void Begin(in SlateProblem problem)
    {
        int candidates = problem.Utilities.Length;
        _watched = problem.Needs.Length;
        while (Math.Max(1, problem.Limits.Length) << _watched > MostSets && _watched > 0) _watched--;
        _sets = 1 << _watched;
        _place = 0;
        _turn++;
        // Whoever is not in the order is not to be had.
        RankBuffers.Of(ref _taken, candidates).Fill(true);
        foreach (int candidate in problem.Order) _taken[candidate] = false;
        RankBuffers.Of(ref _used, problem.Limits.Length * problem.GroupCount).Clear();
        _needs.AsSpan().Clear();
        _placed.AsSpan().Clear();
        Span<int> free = RankBuffers.Of(ref _free, problem.Pins.Length + 1);
        free[0] = 0;
        for (int place = 0; place < problem.Pins.Length; place++)
        {
            int pin = problem.Pins[place];
            free[place + 1] = free[place] + (pin < 0 ? 1 : 0);
            if (pin < 0) continue;
            _taken[pin] = true;
            for (int limit = 0; limit < problem.Limits.Length; limit++)
            {
                if (Group(problem, pin, limit) is >= 0 and var group) _used[(limit * problem.GroupCount) + group]++;
            }

            CountFor(problem, pin, place);
        }

        if (_sets == 1) return;
        Nest(problem);
        CountRanks(problem);
        Admit(problem);
    }

    /// <summary>Turns to a place: those before it are filled, and who looked at them alone wants no more.</summary>
    internal void MoveTo(in SlateProblem problem, int place)
    {
        _place = place;
        _turn++;
        for (int quota = 0; quota < problem.Needs.Length; quota++)
        {
            if (problem.Reaches[quota] <= place) _needs[quota] = 0;
        }
    }

    /// <summary>Whether it can stand at this place.</summary>
    internal bool Allows(in SlateProblem problem, int candidate)
    {
        if (_taken[candidate] || !WithinLimits(problem, candidate)) return false;
        if (!Open) return true;
        int kind = Kind(problem, candidate);
        if (_known[kind] != _turn) Learn(problem, kind);
        int slack = _slack[kind];
        return slack > 0 || (slack == 0 && LeavesEnough(problem, candidate, kind));
    }

    /// <summary>Whether the limits alone admit it.</summary>
    internal bool WithinLimits(in SlateProblem problem, int candidate)
    {
        if (_taken[candidate]) return false;
        for (int limit = 0; limit < problem.Limits.Length; limit++)
        {
            int group = Group(problem, candidate, limit);
            if (group >= 0 && _used[(limit * problem.GroupCount) + group] >= problem.Limits[limit]) return false;
        }

        return true;
    }

    /// <summary>Places it.</summary>
    internal void Take(in SlateProblem problem, int candidate, int place)
    {
        for (int limit = 0; limit < problem.Limits.Length; limit++)
        {
            int group = Group(problem, candidate, limit);
            if (_sets > 1) LowerRanks(problem, candidate, limit);
            if (group >= 0) _used[(limit * problem.GroupCount) + group]++;
        }

        if (_sets > 1 && problem.Limits.Length == 0) LowerRanks(problem, candidate, 0);
        _taken[candidate] = true;
        CountFor(problem, candidate, place);
        _place = place + 1;
        _turn++;
    }

    /// <summary>Gives up the last quota that still wants something; false when none does.</summary>
    internal bool GiveUp()
    {
        int last = _needs.AsSpan().LastIndexOfAnyExcept(0);
        if (last < 0) return false;
        _needs[last] = 0;
        _turn++;
        return true;
    }

    /// <summary>How many of what quota <paramref name="quota"/> wants stand where it looks.</summary>
    internal int Placed(int quota) => _placed[quota];

    private int Kind(in SlateProblem problem, int candidate) => problem.Quotas[candidate] & (_sets - 1);

    private static int Group(in SlateProblem problem, int candidate, int limit) => problem.Groups[(candidate * problem.Limits.Length) + limit];

    private void CountFor(in SlateProblem problem, int candidate, int place)
    {
        if (problem.Needs.Length == 0) return;
        for (uint bits = problem.Quotas[candidate]; bits != 0; bits &= bits - 1)
        {
            int quota = BitOperations.TrailingZeroCount(bits);
            if (place >= problem.Reaches[quota]) continue;
            _placed[quota]++;
            _needs[quota] = Math.Max(0, _needs[quota] - 1);
        }
    }

    /// <summary>Which quotas lie within which, and an order in which the inner ones come first; of equal ones the earlier lies within the later.</summary>
    private void Nest(in SlateProblem problem)
    {
        int count = _watched;
        Span<int> beyond = stackalloc int[MostQuotas];
        beyond.Clear();
        for (int candidate = 0; candidate < problem.Quotas.Length; candidate++)
        {
            if (_taken[candidate]) continue;
            for (uint bits = problem.Quotas[candidate]; bits != 0; bits &= bits - 1)
            {
                beyond[BitOperations.TrailingZeroCount(bits)] |= ~problem.Quotas[candidate];
            }
        }

        for (int j = 0; j < count; j++)
        {
            int within = 0;
            for (int i = 0; i < count; i++)
            {
                bool inside = (beyond[i] & (1 << j)) == 0 && problem.Reaches[i] <= problem.Reaches[j];
                bool same = inside && (beyond[j] & (1 << i)) == 0 && problem.Reaches[i] == problem.Reaches[j];
                if (i != j && inside && (!same || i < j)) within |= 1 << i;
            }

            _within[j] = (byte)within;
        }

        for (int at = 0, done = 0; at < count; at++)
        {
            for (int j = 0; j < count; j++)
            {
                if ((done & (1 << j)) != 0 || (_within[j] & ~done) != 0) continue;
                _inner[at] = j;
                done |= 1 << j;
                break;
            }
        }
    }

    private void CountRanks(in SlateProblem problem)
    {
        int limits = Math.Max(1, problem.Limits.Length);
        int tight = FindTight(problem);
        Span<int> ranks = RankBuffers.Of(ref _ranks, limits * _sets);
        Span<int> left = RankBuffers.Of(ref _left, tight * _sets);
        RankBuffers.Of(ref _slack, _sets);
        RankBuffers.Of(ref _wanted, _sets * _sets);
        if (_known.Length < _sets) _known = new long[Math.Max(64, _sets)];
        ranks.Clear();
        left.Clear();
        for (int candidate = 0; candidate < problem.Quotas.Length; candidate++)
        {
            int kind = Kind(problem, candidate);
            if (_taken[candidate] || kind == 0) continue;
            for (int limit = 0; limit < limits; limit++)
            {
                int place = Tight(problem, candidate, limit);
                Span<int> counted = place < 0 ? ranks.Slice(limit * _sets, _sets) : left.Slice(place * _sets, _sets);
                for (int set = 1; set < _sets; set++) counted[set] += (set & kind) != 0 ? 1 : 0;
            }
        }

        for (int at = 0; at < problem.Limits.Length * problem.GroupCount; at++)
        {
            if (_tight[at] < 0) continue;
            int limit = at / problem.GroupCount;
            int room = Math.Max(0, problem.Limits[limit] - _used[at]);
            for (int set = 1; set < _sets; set++) ranks[(limit * _sets) + set] += Math.Min(room, left[(_tight[at] * _sets) + set]);
        }
    }

    /// <summary>Numbers the groups that can fill up before all of them are taken, where a quota wants any of them.</summary>
    private int FindTight(in SlateProblem problem)
    {
        Span<int> found = RankBuffers.Of(ref _tight, problem.Limits.Length * problem.GroupCount);
        found.Clear();
        for (int candidate = 0; candidate < problem.Quotas.Length; candidate++)
        {
            if (_taken[candidate]) continue;
            for (int limit = 0; limit < problem.Limits.Length; limit++)
            {
                if (Group(problem, candidate, limit) is not (>= 0 and var group)) continue;
                // Twice how many, and one if any is wanted.
                ref int seen = ref found[(limit * problem.GroupCount) + group];
                seen = (seen + 2) | (Kind(problem, candidate) != 0 ? 1 : 0);
            }
        }

        int count = 0;
        for (int at = 0; at < found.Length; at++)
        {
            bool fills = (found[at] & 1) != 0 && found[at] >> 1 > problem.Limits[at / problem.GroupCount] - _used[at];
            found[at] = fills ? count++ : -1;
        }

        return count;
    }

    private int Tight(in SlateProblem problem, int candidate, int limit)
    {
        int group = problem.Limits.Length == 0 ? -1 : Group(problem, candidate, limit);
        return group < 0 ? -1 : _tight[(limit * problem.GroupCount) + group];
    }

    /// <summary>Takes the quotas in declared order, each with as much of what it wants as those before it leave.</summary>
    private void Admit(in SlateProblem problem)
    {
        _needs.AsSpan().Clear();
        for (int quota = 0; quota < _watched; quota++)
        {
            _needs[quota] = Math.Max(0, problem.Needs[quota] - _placed[quota]);
            while (_needs[quota] > 0 && !CanBeMet(problem)) _needs[quota]--;
        }
    }

    private bool CanBeMet(in SlateProblem problem)
    {
        if (!FillUnits(problem, kind: 0, standing: -1)) return false;
        for (int set = 1; set < _sets; set++)
        {
            int wanted = Wanted(set);
            for (int at = set; at < _ranks.Length && at < Math.Max(1, problem.Limits.Length) * _sets; at += _sets)
            {
                if (_ranks[at] < wanted) return false;
            }
        }

        return true;
    }

    /// <summary>Fills the units that are left when one of <paramref name="kind"/> stands at place <paramref name="standing"/>; false when they have too few places.</summary>
    private bool FillUnits(in SlateProblem problem, int kind, int standing)
    {
        int count = _watched;
        for (int at = 0; at < count; at++)
        {
            int quota = _inner[at];
            bool counts = (kind & (1 << quota)) != 0 && standing < problem.Reaches[quota];
            int units = _needs[quota] - (counts ? 1 : 0);
            for (uint bits = _within[quota]; bits != 0; bits &= bits - 1) units -= _units[BitOperations.TrailingZeroCount(bits)];
            _units[quota] = Math.Max(0, units);
        }

        for (int quota = 0; quota < count; quota++)
        {
            if (_units[quota] == 0) continue;
            int due = 0;
            for (int other = 0; other < count; other++) due += problem.Reaches[other] <= problem.Reaches[quota] ? _units[other] : 0;
            if (due > Math.Max(0, _free[problem.Reaches[quota]] - _free[Math.Min(standing + 1, problem.Reaches[quota])])) return false;
        }

        return true;
    }

    private int Wanted(int set)
    {
        int wanted = 0;
        for (uint bits = (uint)set; bits != 0; bits &= bits - 1) wanted += _units[BitOperations.TrailingZeroCount(bits)];
        return wanted;
    }

    private void Learn(in SlateProblem problem, int kind)
    {
        _known[kind] = _turn;
        if (!FillUnits(problem, kind, _place))
        {
            _slack[kind] = -1;
            return;
        }

        int slack = int.MaxValue;
        Span<int> wanted = _wanted.AsSpan(kind * _sets, _sets);
        int limits = Math.Max(1, problem.Limits.Length);
        for (int set = 1; set < _sets; set++)
        {
            wanted[set] = Wanted(set);
            if (wanted[set] == 0) continue;
            for (int limit = 0; limit < limits; limit++) slack = Math.Min(slack, _ranks[(limit * _sets) + set] - wanted[set]);
        }

        _slack[kind] = slack;
    }

    private bool LeavesEnough(in SlateProblem problem, int candidate, int kind)
    {
        ReadOnlySpan<int> wanted = _wanted.AsSpan(kind * _sets, _sets);
        int limits = Math.Max(1, problem.Limits.Length);
        for (int limit = 0; limit < limits; limit++)
        {
            int room = Room(problem, candidate, limit, out int tight);
            for (int set = 1; set < _sets; set++)
            {
                if (wanted[set] > 0 && _ranks[(limit * _sets) + set] - Lowers(tight, room, set, (set & kind) != 0) < wanted[set]) return false;
            }
        }

        return true;
    }

    /// <summary>By how much ρ(J) falls, 0 or 1, when one of a group is placed of which so many more may be.</summary>
    private int Lowers(int tight, int room, int set, bool member)
    {
        if (tight < 0) return member ? 1 : 0;
        int left = _left[(tight * _sets) + set];
        return Math.Min(room, left) - Math.Min(Math.Max(0, room - 1), left - (member ? 1 : 0));
    }

    /// <summary>How many more of its group the limit admits, where the group can fill up.</summary>
    private int Room(in SlateProblem problem, int candidate, int limit, out int tight)
    {
        tight = Tight(problem, candidate, limit);
        return tight < 0 ? 0 : Math.Max(0, problem.Limits[limit] - _used[(limit * problem.GroupCount) + Group(problem, candidate, limit)]);
    }

    private void LowerRanks(in SlateProblem problem, int candidate, int limit)
    {
        int kind = Kind(problem, candidate);
        int room = Room(problem, candidate, limit, out int tight);
        for (int set = 1; set < _sets; set++)
        {
            bool member = (set & kind) != 0;
            _ranks[(limit * _sets) + set] -= Lowers(tight, room, set, member);
            if (tight >= 0 && member) _left[(tight * _sets) + set]--;
        }
    }
}
