using Millrace.Features.Numerics;
using Millrace.Features.Online;

namespace Millrace.Features.Definitions;

/// <summary>A person's history as rows of the snapshot, newest first; items that it does not know are left out. Reused from decision to decision.</summary>
internal sealed class PersonItems
{
    /// <summary>No section of a history is longer.</summary>
    internal const int Most = 100;

    /// <summary>What a weight of 1 is in <see cref="Weights"/>.</summary>
    internal const int One = 1 << 30;

    private readonly ulong[] _hashes = new ulong[Most];
    private readonly int[] _rows = new int[Most];
    private readonly double[] _ages = new double[Most];
    private readonly double[] _decays = new double[Most];
    private readonly long[] _weights = new long[Most];
    private int _count;
    private TimeSpan? _halfLife;
    private bool _loaded;

    /// <summary>Of which section it is; null when it is of none.</summary>
    internal (PersonEntity Of, int Index)? Section { get; private set; }

    internal ReadOnlySpan<int> Rows => _rows.AsSpan(0, _count);

    /// <summary>How long ago each was, µs, at least 0.</summary>
    internal ReadOnlySpan<double> Ages => _ages.AsSpan(0, _count);

    internal void Clear() => (Section, _count) = (null, 0);

    /// <summary>Looks up the entries of a section.</summary>
    /// <param name="inputs">What the decision knows.</param>
    /// <param name="known">Where rows are looked up.</param>
    /// <param name="section">The section.</param>
    /// <param name="reach">Older entries count no more: a person of whom nothing else is left may have left the store.</param>
    internal void Fill(in ReadInputs inputs, KnownRows known, (PersonEntity Of, int Index) section, TimeSpan reach)
    {
        var from = inputs.Asked.Value - (reach.Ticks / TimeSpan.TicksPerMicrosecond);
        (Section, _count, _halfLife, _loaded) = (section, 0, null, false);
        var found = 0;
        foreach (ref readonly var entry in ItemHistory.Entries(inputs.Person.Section(section.Of, section.Index)))
        {
            if (entry.Time > from)
            {
                (_hashes[found], _ages[found]) = (entry.Item, Math.Max(0, inputs.Asked.Value - entry.Time));
                found++;
            }
        }

        known.Find(inputs.Snapshot, _hashes.AsSpan(0, found), _rows);
        for (var i = 0; i < found; i++)
        {
            if (_rows[i] >= 0)
            {
                (_rows[_count], _ages[_count]) = (_rows[i], _ages[i]);
                _count++;
            }
        }
    }

    /// <summary>Begins to load what reading takes of the rows, once for all features that read them.</summary>
    internal void Load(FeatureSnapshot snapshot)
    {
        if (!_loaded)
        {
            snapshot.PrefetchServed(Rows);
            _loaded = true;
        }
    }

    /// <summary>2^(−age/halfLife) of each, by the newest one's, in whole numbers, so that sums are exact: what counts is their shares.</summary>
    internal ReadOnlySpan<long> Weights(TimeSpan halfLife)
    {
        if (_halfLife != halfLife)
        {
            _halfLife = halfLife;
            for (var i = 0; i < _count; i++)
            {
                _decays[i] = _ages[i] - _ages[0];
            }

            DeterministicLanes.HalfLifeDecay(_decays.AsSpan(0, _count), halfLife.Ticks / (double)TimeSpan.TicksPerMicrosecond, _decays);
            for (var i = 0; i < _count; i++)
            {
                _weights[i] = (long)(_decays[i] * One);
            }
        }

        return _weights.AsSpan(0, _count);
    }
}
