using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Millrace.Features.Images;
using Millrace.Features.Local;
using Millrace.Features.Online;
using Millrace.Journal;

namespace Millrace.Node;

/// <summary>
/// Writes snapshots of what is folded, now and then and at a clean stop, so that a start need not fold it again. They are taken by the folding loop, in a few milliseconds,
/// and written beside it, one at a time. A disk that refuses is named, and tried again at the next.
/// </summary>
internal sealed class FeatureCheckpoints
{
    private readonly SnapshotFolder _snapshots;
    private readonly TimeProvider _clock;
    private readonly TimeSpan _every;
    private readonly ILogger _log;
    private readonly Histogram<double> _taken;
    private readonly Histogram<double> _written;
    private readonly Counter<long> _failed;
    private Task _writing = Task.CompletedTask;
    private long _last;
    private SnapshotHead? _newest;

    /// <param name="snapshots">Where to.</param>
    /// <param name="every">How often.</param>
    /// <param name="clock">The node's time.</param>
    /// <param name="meter">The node's meter.</param>
    /// <param name="log">Told of what fails.</param>
    public FeatureCheckpoints(SnapshotFolder snapshots, TimeSpan every, TimeProvider clock, Meter meter, ILogger log)
    {
        (_snapshots, _every, _clock, _log) = (snapshots, every, clock, log);
        _last = clock.GetTimestamp();
        _taken = meter.CreateHistogram<double>("millrace.features.snapshot.taken", "s", "How long folding stood still for a snapshot.");
        _written = meter.CreateHistogram<double>("millrace.features.snapshot.written", "s", "How long a snapshot took to write, beside folding.");
        _failed = meter.CreateCounter<long>("millrace.features.snapshot.failed", "{snapshot}", "Snapshots that could not be written; the log names the reason.");
    }

    /// <summary>Where the snapshots stand.</summary>
    public SnapshotFolder Snapshots => _snapshots;

    /// <summary>Whether it is time for the next, and none is being written.</summary>
    public bool IsDue => _writing.IsCompleted && _clock.GetElapsedTime(_last) >= _every;

    /// <summary>Completes when none is being written.</summary>
    public Task Settled => _writing;

    /// <summary>Takes a snapshot and writes it beside. Called by the folding loop, when <see cref="IsDue"/>.</summary>
    public void Begin(FeatureFolder folder, EmbeddedPersonStore persons)
    {
        if (Take(folder, persons) is { } write)
        {
            _writing = Task.Run(write);
        }
    }

    /// <summary>Waits for the one under way and writes a last one, of all that is folded, unless that one was.</summary>
    public async Task FinishAsync(FeatureFolder folder, EmbeddedPersonStore persons)
    {
        await _writing;
        Take(folder, persons)?.Invoke();
    }

    private Action? Take(FeatureFolder folder, EmbeddedPersonStore persons)
    {
        _last = _clock.GetTimestamp();
        if (_newest is { } newest && newest.Definitions == folder.State.Features.Fingerprint && newest.Cut.Next.SequenceEqual(folder.State.Cut.Next))
        {
            return null;
        }

        var began = _clock.GetTimestamp();
        var items = folder.Image();
        var people = persons.Image(items.Head.Epoch, items.Head.Time);
        _taken.Record(_clock.GetElapsedTime(began).TotalSeconds);
        return () => TryWrite(items, people);
    }

    private void TryWrite(FolderImage items, PersonsImage persons)
    {
        var began = _clock.GetTimestamp();
        try
        {
            // Persons first: of two files the older cut is where the journal is read on from, and facts that one of them folds already change nothing.
            var (_, personsLength) = _snapshots.Write(persons.Head, persons.Write);
            var (name, length) = _snapshots.Write(items.Head, items.Write);
            _newest = items.Head;
            _written.Record(_clock.GetElapsedTime(began).TotalSeconds);
            _log.LogDebug(NodeEvents.SnapshotWritten, "Snapshot {Snapshot} is written: {Items} bytes of items, {Persons} of persons", name, length, personsLength);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException or JournalException)
        {
            _failed.Add(1);
            _log.LogError(NodeEvents.SnapshotFailed, refused, "A snapshot of features could not be written; a start folds the more, and the next is tried in {Every}", _every);
        }
    }
}
