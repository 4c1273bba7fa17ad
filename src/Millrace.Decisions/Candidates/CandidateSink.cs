using Millrace.Decisions.Pipeline;
using Millrace.Features.Online;
using Millrace.Models.Policies;

namespace Millrace.Decisions.Candidates;

/// <summary>Takes what one source after the other offers, counts it, and says when a source has given enough or taken too long.</summary>
internal sealed class CandidateSink(Workspace work)
{
    // A look at the clock costs as much as a few candidates.
    private const int OffersPerLook = 32;

    private CandidateSourceKind _source;
    private TimeProvider? _clock;
    private long _until;
    private int _left;
    private int _offers;
    private int _pool;
    private double[] _points = [];
    private float[] _values = [];
    private int _list = -1;
    private bool _isHanding;

    /// <summary>The lists that are fused so far.</summary>
    internal ScoredRows Fused { get; } = new();

    /// <summary>What a first phase reads of the lists.</summary>
    internal ListValues Lists { get; } = new();

    /// <summary>How many more it takes; at most, since others may have named what is offered.</summary>
    internal int Left => Late && !_isHanding ? 0 : _left;

    /// <summary>Whether the source was cut for its time.</summary>
    internal bool Late { get; private set; }

    /// <summary>How deep a list must be to give what is left: some will have been named or excluded.</summary>
    internal int Depth => _left + (_pool == int.MaxValue ? 0 : _pool) + Slack;

    /// <summary>A list is asked for so many more than it should give, since some will have been excluded.</summary>
    internal const int Slack = 128;

    /// <summary>Begins a decision.</summary>
    /// <param name="lists">How many sources a first phase reads; 0 where there is none.</param>
    internal void Begin(int lists)
    {
        Fused.Clear();
        Lists.Begin(lists);
        _list = -1;
    }

    /// <summary>Begins a source.</summary>
    /// <param name="source">Which.</param>
    /// <param name="pool">The policy's pool, of which a source counts only what it adds; null counts what it names.</param>
    /// <param name="clock">Its time.</param>
    /// <param name="until">The timestamp by which it is cut; <see cref="long.MaxValue"/> never does.</param>
    internal void Begin(PlannedSource source, int? pool, TimeProvider clock, long until)
    {
        (_source, _left, _pool, _offers) = (source.Settings.Kind, source.Settings.Take, pool ?? int.MaxValue, 0);
        (_points, _values) = (source.Points, source.Values);
        _list++;
        (_clock, _until) = (until == long.MaxValue ? null : clock, until);
        (Late, _isHanding) = (false, false);
    }

    /// <summary>Offers a row.</summary>
    /// <returns>Whether the source should go on.</returns>
    internal bool Offer(int row)
    {
        if (_left <= 0 || (!_isHanding && IsLate())) return false;
        if (_points.Length > 0) return Fuse(row);
        bool full = work.Room == 0;
        int before = work.Count;
        bool named = work.Add(row, _source);

        // Without room none is added: who is a candidate is still named, as deep as the source goes, and not until as many of its list were.
        if (full || (named && (_pool == int.MaxValue || work.Count > before))) _left--;
        return _left > 0;
    }

    /// <summary>Whether something was fused that is no candidate yet: pins are, before any source is asked.</summary>
    internal bool HasFusedOthers()
    {
        foreach (ref readonly ScoredRow row in Fused.All)
        {
            if (!work.IsCandidate(row.Row)) return true;
        }

        return false;
    }

    /// <summary>Fills the workspace with the best of what was fused.</summary>
    internal void Finish(FeatureSnapshot snapshot)
    {
        if (Fused.Count == 0) return;
        foreach (ref readonly ScoredRow row in Fused.Best(_pool + work.Count, snapshot))
        {
            if (!work.AddFused(row.Row, row.Sources)) return;
        }
    }

    private bool Fuse(int row)
    {
        if (!work.Admits(row)) return _left > 0;
        int place = _points.Length - _left--;
        int item = Fused.Add(row, _points[place], Workspace.Bit(_source));
        if (_values.Length > 0) Lists.Set(item, _list, _values[place]);
        return _left > 0;
    }

    /// <summary>Offers rows, best first, for as long as it takes any.</summary>
    internal void Offer(ReadOnlySpan<int> rows)
    {
        foreach (int row in rows)
        {
            if (!Offer(row)) return;
        }
    }

    /// <summary>Whether a row may be shown, room aside.</summary>
    internal bool Admits(int row) => work.Admits(row);

    /// <summary>Whether the source is past its time: for one that works long before it offers. It then still hands over what it has found.</summary>
    internal bool IsPast() => _isHanding |= Look();

    private bool Look()
    {
        Late |= _clock is { } clock && clock.GetTimestamp() > _until;
        return Late;
    }

    private bool IsLate() => _clock is not null && ++_offers % OffersPerLook == 0 ? Look() : Late;
}
