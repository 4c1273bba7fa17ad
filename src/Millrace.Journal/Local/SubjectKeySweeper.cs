namespace Millrace.Journal.Local;

/// <summary>
/// Lets go of subject keys whose facts retention has deleted, once the keys near their bound. It reads which keys the stored facts name, and spares those used since
/// <see cref="Grace"/> before it began, whose facts may still be on their way: an append takes its key and is queued within moments, and a look waits until all that was
/// queued at the beginning of the grace is stored.
/// </summary>
internal sealed class SubjectKeySweeper(ISubjectKeys keys, TimeProvider clock)
{
    /// <summary>Each look reads all segments: 256 GiB within six hours are 12 MB/s.</summary>
    private static readonly TimeSpan Every = TimeSpan.FromHours(6);

    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(10);
    private long _looked;
    private long _began;
    private long[]? _queued;
    private volatile bool _stopped;

    /// <summary>Ends a look that is under way, which may take minutes, with nothing let go.</summary>
    public void Stop() => _stopped = true;

    /// <summary>Does what is due: begins a grace, or ends one by a look.</summary>
    /// <exception cref="JournalException">A segment could not be read, or the keys not be written: nothing is lost, and the next look is due in time.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public void Step(IReadOnlyList<PartitionLog> logs)
    {
        if (_queued is null)
        {
            Begin(logs);
        }
        else if (clock.GetElapsedTime(_began) >= Grace && logs.Zip(_queued).All(l => l.First.Range.End >= l.Second))
        {
            _queued = null;
            Look(logs);
        }
    }

    private void Begin(IReadOnlyList<PartitionLog> logs)
    {
        if ((_looked == 0 || clock.GetElapsedTime(_looked) >= Every) && keys.BeginRound())
        {
            _began = clock.GetTimestamp();
            _queued = [.. logs.Select(l => l.Queue.Next)];
        }
    }

    private void Look(IReadOnlyList<PartitionLog> logs)
    {
        _looked = clock.GetTimestamp();
        var sweep = keys.BeginSweep();
        foreach (var log in logs)
        {
            log.VisitKeys(id =>
            {
                sweep.Keep(id);
                if (_stopped)
                {
                    throw new OperationCanceledException();
                }
            });
        }

        JournalMetrics.RetiredKeys(sweep.Retire());
    }
}
