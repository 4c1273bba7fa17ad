using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Api;

/// <summary>Which version of each item is the present one: its hash and its place in the journal, whose copy this is. Thread-safe.</summary>
internal sealed class ItemVersions(IJournal journal, int max)
{
    private const int ReadAtOnce = 1_024;

    private readonly Lock _lock = new();
    private readonly Dictionary<UInt128, Version> _versions = [];

    /// <summary>Reads back the catalogue's changes.</summary>
    public async Task LoadAsync(CancellationToken cancellation)
    {
        for (var partition = 0; partition < journal.Partitions(JournalStream.Items); partition++)
        {
            var next = journal.Range(JournalStream.Items, partition).First;
            while (await journal.ReadAsync(JournalStream.Items, partition, next, ReadAtOnce, cancellation) is { Count: > 0 } facts)
            {
                foreach (var stored in facts)
                {
                    if (stored.Fact is ItemChanged item)
                    {
                        Note(item, stored.Position);
                    }
                }

                next = facts[^1].Position.Offset + 1;
            }
        }
    }

    /// <summary>The present version; null when there was never one.</summary>
    public Version? Find(string tenant, string item)
    {
        lock (_lock)
        {
            return _versions.TryGetValue(ContentHash.Of(tenant, item), out var version) ? version : null;
        }
    }

    /// <summary>Notes a durable change; an older one than the known loses.</summary>
    /// <returns>False when the bound leaves no room for one more item.</returns>
    public bool Note(ItemChanged item, Position position)
    {
        var key = ContentHash.Of(item.Tenant, item.Item);
        lock (_lock)
        {
            if (_versions.TryGetValue(key, out var known))
            {
                if (known.Position.Offset > position.Offset)
                {
                    return true;
                }
            }
            else if (_versions.Count >= max)
            {
                return false;
            }

            _versions[key] = new(ItemDraft.Content(item), item.Deleted, position);
            return true;
        }
    }

    /// <summary>One version of an item.</summary>
    internal readonly record struct Version(UInt128 Content, bool Deleted, Position Position);
}
