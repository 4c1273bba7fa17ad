namespace Millrace.Delivery.Storage.Disk;

/// <summary>The one who writes: reads the files at the start, then takes what waits, in groups, until the tier closes.</summary>
internal sealed class DiskWriter(
    DiskOptions options, DiskLedger ledger, SegmentLog log, DiskRoom room, DiskRebuild rebuild, DiskIndex index, DiskQueue queue, DiskCounts counts, TimeProvider time)
{
    private const int MostInGroup = 256;
    private const long GroupBytes = 4 << 20;

    private readonly List<(DiskWork Work, RecordPlace Place)> _staged = [];
    private readonly List<TaskCompletionSource> _waiting = [];
    private long _offSince;
    private volatile bool _off;

    /// <summary>Whether writes are taken; not while the disk fails.</summary>
    public bool IsOn => !_off || time.GetElapsedTime(Volatile.Read(ref _offSince)) >= options.RetryAfter;

    /// <summary>Runs until the queue is completed and empty.</summary>
    public async Task RunAsync()
    {
        try
        {
            await rebuild.RunAsync();
        }
        catch (Exception e) when (DiskRoom.IsOfTheDisk(e))
        {
            // What cannot be put in order cannot be used, and nothing is found in it.
            TurnOff();
            index.RemoveAll();
            index.Open();
        }

        try
        {
            while (await queue.Works.WaitToReadAsync())
            {
                await WriteGroupAsync();
            }

            // A removal may have come after the last group.
            await WriteGroupAsync();
        }
        finally
        {
            Close();
        }
    }

    /// <summary>Removals and notes first, then what waits. A disk that takes neither does not keep what waits from being let go.</summary>
    private async ValueTask WriteGroupAsync()
    {
        var fault = await TryAsync(WriteUnsayingsAsync);
        fault = await TryAsync(WriteWaitingAsync) ?? fault;
        LetGo();
        Answer(index.HasRemovals || ledger.HasWaiting ? fault : null);
    }

    private async ValueTask WriteUnsayingsAsync()
    {
        await WriteRemovalsAsync();
        await WriteNotesAsync();
    }

    private async ValueTask<Exception?> TryAsync(Func<ValueTask> write)
    {
        try
        {
            await write();
            return null;
        }
        catch (Exception e) when (DiskRoom.IsOfTheDisk(e))
        {
            TurnOff();
            return e;
        }
    }

    private async ValueTask WriteWaitingAsync()
    {
        var bytes = 0L;
        for (var i = 0; i < MostInGroup && bytes < GroupBytes && queue.Works.TryRead(out var work); i++)
        {
            bytes += work.Record.Bytes;
            await StageAsync(work);
        }

        await FlushAsync();
    }

    private async ValueTask StageAsync(DiskWork work)
    {
        if (work.Done is { } done)
        {
            // A removal may have come since the group began, and whoever waits may wait for that one.
            _waiting.Add(done);
            await FlushAsync();
            await WriteUnsayingsAsync();
            return;
        }

        if (work.Fill is null)
        {
            return;
        }

        RecordPlace place = default;
        try
        {
            if (!IsOn || ledger.IsOwed || !index.MayWrite(work.Fill, work.Record))
            {
                return;
            }

            if (index.IsFull)
            {
                await FlushAsync();
                await room.MakeIndexRoomAsync();
            }

            if (!log.TryStage(work.Record, work.Buffer!, out place))
            {
                await FlushAsync();
                await room.RollAsync();
                log.TryStage(work.Record, work.Buffer!, out place);
            }
        }
        finally
        {
            // Staged or not, it is let go when the group ends.
            _staged.Add((work, place));
        }
    }

    private async ValueTask FlushAsync()
    {
        await log.FlushAsync();
        foreach (var (work, place) in _staged)
        {
            if (!place.IsNowhere)
            {
                index.Enter(work.Fill!, work.Record, place);
            }
        }

        LetGo();
    }

    /// <summary>
    /// Writes removals and makes them durable, all that there are at once. When they cannot be written everything is deleted: what a start would
    /// find again must not be there.
    /// </summary>
    private async ValueTask WriteRemovalsAsync()
    {
        if (!index.HasRemovals)
        {
            return;
        }

        var removals = index.TakeRemovals();
        if (log.IsEmpty)
        {
            return;
        }

        try
        {
            foreach (var group in removals.Chunk(MostInGroup))
            {
                await WriteRemovalsAsync(group);
            }

            log.Sync();
        }
        catch (Exception e) when (DiskRoom.IsOfTheDisk(e))
        {
            counts.Hit(DiskReason.RemovalsFailed);
            DeleteAll();
            throw;
        }
    }

    /// <summary>Makes notes durable. When that fails everything is deleted, as for removals: what began before a note is void then, and what comes later need not know it.</summary>
    private async ValueTask WriteNotesAsync()
    {
        if (!ledger.HasWaiting && !(ledger.IsOwed && IsOn))
        {
            return;
        }

        try
        {
            await room.WithRoomAsync(ledger.WriteAsync);
        }
        catch (Exception e) when (DiskRoom.IsOfTheDisk(e) && ledger.HasWaiting)
        {
            counts.Hit(DiskReason.NotesFailed);
            DeleteAll();
            ledger.Drop();
            throw;
        }
    }

    /// <summary>If deleting fails too, one removal of everything waits for the next group.</summary>
    private void DeleteAll()
    {
        index.RemoveAll();
        log.DeleteAll();
        index.TakeRemovals();
    }

    private async ValueTask WriteRemovalsAsync(DiskRecord[] removals)
    {
        foreach (var removal in removals)
        {
            var buffer = new byte[DiskRecord.HeaderBytes];
            if (!log.TryStage(removal, buffer, out _))
            {
                await log.FlushAsync();
                log.Sync();
                await room.RollAsync();
                log.TryStage(removal, buffer, out _);
            }
        }

        await log.FlushAsync();
    }

    private void TurnOff()
    {
        counts.Hit(DiskReason.WriteFailed);
        Volatile.Write(ref _offSince, time.GetTimestamp());
        _off = true;
    }

    private void LetGo()
    {
        foreach (var (work, _) in _staged)
        {
            queue.Return(work.Buffer!);
            work.Fill!.LetGo();
        }

        _staged.Clear();
    }

    /// <summary>Those who wait hear of a fault that left removals unwritten.</summary>
    private void Answer(Exception? fault)
    {
        foreach (var done in _waiting)
        {
            if (fault is null)
            {
                done.TrySetResult();
            }
            else
            {
                done.TrySetException(fault);
            }
        }

        _waiting.Clear();
    }

    private void Close()
    {
        index.Close();
        try
        {
            log.Seal();
        }
        catch (IOException)
        {
            // The room stays taken until the next start.
        }

        log.Dispose();
        ledger.Dispose();

        // Only a fault of ours leaves anything here.
        queue.Complete();
        while (queue.Works.TryRead(out var work))
        {
            work.Done?.TrySetException(new IOException("The disk cache has ended."));
        }
    }
}
