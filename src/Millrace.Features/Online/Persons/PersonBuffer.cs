using Millrace.Journal;

namespace Millrace.Features.Online;

/// <summary>
/// The state of the person who asks, as one decision reads it: a copy, which nobody changes under it. Kept by its reader and filled anew for each decision.
/// </summary>
public sealed class PersonBuffer
{
    private static readonly long LongestRun = PersonLayout.LongestRun.Ticks / TimeSpan.TicksPerMicrosecond;

    private PersonLayout _layout = new([]);
    private readonly byte[][] _bytes = [[], []];
    private readonly int[] _lengths = new int[2];
    private long[] _folded = [];
    private int _partitions;
    private TimeSpan _idle;
    private bool _bySession;

    /// <summary>Per partition of events, the next offset that the state does not fold; empty when no person was read.</summary>
    public ReadOnlySpan<long> Folded => _folded.AsSpan(0, _partitions);

    /// <summary>Empties it: nobody is known.</summary>
    public void Clear()
    {
        Array.Clear(_lengths);
        _partitions = 0;
    }

    /// <summary>Prepares it to be filled.</summary>
    /// <param name="layout">Which sections there are.</param>
    /// <param name="idle">After so long without a click a run has ended.</param>
    /// <param name="bySession">Whether the request names a session, whose run then counts; the user's does otherwise.</param>
    internal void Begin(PersonLayout layout, TimeSpan idle, bool bySession)
    {
        Clear();
        (_layout, _idle, _bySession) = (layout, idle, bySession);
    }

    internal void Set(PersonEntity of, ReadOnlySpan<byte> blob)
    {
        ref var bytes = ref _bytes[(int)of];
        if (bytes.Length < blob.Length)
        {
            bytes = new byte[Math.Max(blob.Length, 512)];
        }

        blob.CopyTo(bytes);
        _lengths[(int)of] = blob.Length;
    }

    /// <summary>The place of the folded offsets, to fill.</summary>
    internal Span<long> FoldedOf(int partitions)
    {
        if (_folded.Length < partitions)
        {
            _folded = new long[partitions];
        }

        _partitions = partitions;
        return _folded.AsSpan(0, partitions);
    }

    /// <summary>Whether anything is known of the session, or of the user.</summary>
    internal bool Knows(PersonEntity of) => _lengths[(int)of] > 0;

    /// <summary>All bytes of the session's or the user's state; empty when it is not known.</summary>
    internal ReadOnlySpan<byte> Blob(PersonEntity of) => _bytes[(int)of].AsSpan(0, _lengths[(int)of]);

    /// <summary>A section; empty when the person is not known.</summary>
    internal ReadOnlySpan<byte> Section(PersonEntity of, int section) =>
        Knows(of) ? PersonBlob.SectionOf(Blob(of), _layout.Keys(of).Length, section) : [];

    /// <summary>What the session has clicked in its present run, newest first: no two clicks further apart than the idle time. The user's run where no session is named.</summary>
    internal ReadOnlySpan<HistoryEntry> Run(UnixMicros now) => RunOf(PersonLayout.Recent, now);

    /// <summary>What the session has seen in its present run, newest first; the user's where no session is named.</summary>
    internal ReadOnlySpan<HistoryEntry> Seen(UnixMicros now) => RunOf(PersonLayout.Seen, now);

    private ReadOnlySpan<HistoryEntry> RunOf(int section, UnixMicros now)
    {
        var of = _bySession ? PersonEntity.Session : PersonEntity.User;
        var idle = _idle.Ticks / TimeSpan.TicksPerMicrosecond;
        // Judged by when it was received: a client's clock may be hours off, and its gaps are right all the same.
        if (!Knows(of) || now.Value - PersonBlob.RanOf(Blob(of)) > idle)
        {
            return [];
        }

        var entries = ItemHistory.Entries(Section(of, section));
        var from = now.Value - LongestRun;
        for (var i = 0; i < entries.Length; i++)
        {
            if (entries[i].Time <= from || (i > 0 && entries[i - 1].Time - entries[i].Time > idle))
            {
                return entries[..i];
            }
        }

        return entries;
    }
}
