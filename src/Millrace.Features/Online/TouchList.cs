using System.Diagnostics.CodeAnalysis;

namespace Millrace.Features.Online;

/// <summary>
/// Values by key, in the order in which they were last touched, longest ago first. Freezes by sharing: links and values stand in a <see cref="CowArray{T}"/>, whose chunks
/// are copied when they are touched after a freeze. Single writer.
/// </summary>
internal sealed class TouchList<T>
    where T : struct
{
    private const int None = -1;

    private readonly CowArray<Entry> _entries = new();
    private readonly SlotIndex _slots = new();
    private readonly Stack<int> _free = new();
    private int _first = None;
    private int _last = None;

    internal int Count => _slots.Count;

    /// <summary>The slot that was touched longest ago; −1 when there is none.</summary>
    internal int First => _first;

    /// <summary>The key's slot; −1 when it is not there.</summary>
    internal int Find(HashedKey key)
    {
        var at = None;
        int slot;
        do
        {
            slot = _slots.Next(key.Hash, ref at);
        }
        while (slot >= 0 && !key.Text.SequenceEqual(_entries.At(slot).Key));
        return slot;
    }

    /// <summary>The value of a slot that is taken, until the next change.</summary>
    internal ref readonly T Read(int slot) => ref _entries.At(slot).Value;

    /// <summary>The value to write, until the next freeze.</summary>
    internal ref T Edit(int slot) => ref _entries.Edit(slot).Value;

    /// <summary>Adds a key that is not there as the one touched last.</summary>
    internal int Add(HashedKey key, T value)
    {
        var slot = _free.TryPop(out var free) ? free : _slots.Count;
        _slots.Add(key.Hash, slot);
        _entries.Edit(slot) = new Entry { Key = key.Text.ToString(), Value = value };
        Append(slot);
        return slot;
    }

    internal void Touch(int slot)
    {
        if (slot != _last)
        {
            Unlink(slot);
            Append(slot);
        }
    }

    internal void Remove(int slot)
    {
        Unlink(slot);
        _slots.Remove(((HashedKey)_entries.At(slot).Key).Hash, slot);
        _entries.Edit(slot) = default;
        _free.Push(slot);
    }

    /// <summary>What stands here now, for ever; other threads may read it.</summary>
    internal Frozen Freeze() => new(_entries.Freeze(), _first, Count);

    /// <summary>All of it, to read until the next change.</summary>
    internal Frozen Now => new(_entries.Now, _first, Count);

    private void Append(int slot)
    {
        ref var entry = ref _entries.Edit(slot);
        (entry.Before, entry.After) = (_last, None);
        if (_last == None)
        {
            _first = slot;
        }
        else
        {
            _entries.Edit(_last).After = slot;
        }

        _last = slot;
    }

    private void Unlink(int slot)
    {
        ref readonly var entry = ref _entries.At(slot);
        var (before, after) = (entry.Before, entry.After);
        if (before == None)
        {
            _first = after;
        }
        else
        {
            _entries.Edit(before).After = after;
        }

        if (after == None)
        {
            _last = before;
        }
        else
        {
            _entries.Edit(after).Before = before;
        }
    }

    internal struct Entry
    {
        [AllowNull]
        internal string Key;
        internal int Before;
        internal int After;
        internal T Value;
    }

    /// <summary>The list as it stood.</summary>
    internal readonly struct Frozen(CowArray<Entry>.Frozen entries, int first, int count)
    {
        internal int Count => count;

        /// <summary>Keys and values, touched longest ago first.</summary>
        internal IEnumerable<(int Slot, string Key, T Value)> All()
        {
            var all = entries;
            for (var slot = first; slot != None; slot = all[slot].After)
            {
                var entry = all[slot];
                yield return (slot, entry.Key, entry.Value);
            }
        }
    }
}
