using System.Runtime.CompilerServices;
using Millrace.Delivery.Storage.Disk;

namespace Millrace.Delivery.Storage;

/// <summary>
/// The body of a large object, in slices of one length: which are in memory, which are on their way here, and where the disk has the others. All are of one
/// representation, by its strong validator; a new head over the same bytes (a 304) takes the map over.
/// </summary>
internal sealed class SliceMap(long length, int sliceBytes)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<int, Slice> _resident = [];
    private readonly Dictionary<int, Task<Slice?>> _arriving = [];
    private volatile StrongBox<DiskEntry>? _onDisk;
    private ulong _generation;

    public long Length { get; } = length;

    public int SliceBytes { get; } = sliceBytes;

    /// <summary>The object in the store whose body this is, or null. The store's, under its lock.</summary>
    public CachedObject? Owner { get; set; }

    /// <summary>Where the disk has the object, or null.</summary>
    public DiskEntry? OnDisk
    {
        get => _onDisk?.Value;
        set => _onDisk = value is { } entry ? new StrongBox<DiskEntry>(entry) : null;
    }

    /// <summary>The version that was begun for it on disk, whose head may not be written yet; zero for none. Another version there is not its own, however alike.</summary>
    public ulong Generation
    {
        get => Volatile.Read(ref _generation);
        set => Volatile.Write(ref _generation, value);
    }

    /// <summary>Whether the slices of such a body can be numbered.</summary>
    public static bool CanHold(long length, int sliceBytes) => length / sliceBytes < int.MaxValue;

    public int IndexOf(long position) => checked((int)(position / SliceBytes));

    public long StartOf(int index) => (long)index * SliceBytes;

    public int LengthOf(int index) => (int)Math.Min(SliceBytes, Length - StartOf(index));

    /// <summary>A slice that is in memory, held for the caller; or null.</summary>
    public Slice? TryHold(int index)
    {
        lock (_gate)
        {
            if (!_resident.TryGetValue(index, out var slice))
            {
                return null;
            }

            slice.Hold();
            return slice;
        }
    }

    /// <summary>
    /// The one fetch of a slice that all who want it share; begun when nobody has. Its result comes when the slice begins to arrive, and is null when it may
    /// not be shared: there was no room, or its answer forbids it.
    /// </summary>
    /// <param name="index">Which slice.</param>
    /// <param name="fetch">Tells of the slice when it begins to arrive, and ends when it has arrived.</param>
    public Task<Slice?> JoinOrBegin(int index, Func<TaskCompletionSource<Slice?>, Task> fetch)
    {
        TaskCompletionSource<Slice?> mine;
        lock (_gate)
        {
            if (_resident.TryGetValue(index, out var slice))
            {
                return Task.FromResult<Slice?>(slice);
            }

            if (_arriving.TryGetValue(index, out var theirs))
            {
                return theirs;
            }

            mine = new TaskCompletionSource<Slice?>(TaskCreationOptions.RunContinuationsAsynchronously);
            _arriving[index] = mine.Task;
        }

        _ = RunAsync(index, fetch, mine);
        return mine.Task;
    }

    /// <summary>Whether memory has all slices of a part.</summary>
    public bool Holds(long first, long length)
    {
        var (from, to) = (IndexOf(first), IndexOf(first + length - 1));
        lock (_gate)
        {
            for (var index = from; index <= to; index++)
            {
                if (!_resident.ContainsKey(index))
                {
                    return false;
                }
            }
        }

        return true;
    }

    /// <summary>The slices in memory.</summary>
    public Slice[] Resident()
    {
        lock (_gate)
        {
            return [.. _resident.Values];
        }
    }

    /// <summary>The store has taken the slice; false when it has one at that place already.</summary>
    public bool TryAdd(Slice slice)
    {
        lock (_gate)
        {
            return _resident.TryAdd(slice.Index, slice);
        }
    }

    /// <summary>The store has let the slice go.</summary>
    public void Remove(Slice slice)
    {
        lock (_gate)
        {
            _resident.Remove(slice.Index);
        }
    }

    private async Task RunAsync(int index, Func<TaskCompletionSource<Slice?>, Task> fetch, TaskCompletionSource<Slice?> told)
    {
        Exception? fault = null;
        try
        {
            await fetch(told);
        }
#pragma warning disable CA1031 // The boundary of a detached task: whoever waits is told, and nobody else need be.
        catch (Exception e)
#pragma warning restore CA1031
        {
            fault = e;
        }

        lock (_gate)
        {
            _arriving.Remove(index);
        }

        if (fault is null)
        {
            told.TrySetResult(null);
        }
        else if (told.TrySetException(fault))
        {
            _ = told.Task.Exception;
        }
    }
}
