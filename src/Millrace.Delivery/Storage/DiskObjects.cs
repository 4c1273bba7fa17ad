using Millrace.Delivery.Keys;
using Millrace.Delivery.Purge;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Routes;
using Millrace.Delivery.Storage.Disk;

namespace Millrace.Delivery.Storage;

/// <summary>
/// The second tier: objects are written through to disk when their body has come, and not when memory evicts them, so that a crash loses only what was
/// on its way and an eviction costs nothing. What memory misses is recalled from here. What a purge names is judged when it is read, by the offset at
/// which its origin request began: a purge is a note on the disk, whatever it names and however much.
/// </summary>
internal sealed class DiskObjects(DiskTier tier, PurgeLog purges, PurgeNotes notes, MemoryAccount account, ulong process, TimeProvider time)
{
    /// <summary>How many offsets without a purge are followed anew after a crash at most.</summary>
    private const int NextEvery = 4_096;

    /// <summary>Variants that are looked at for one request; each is a read.</summary>
    private const int MostVariants = 8;

    private long _noted = purges.Next;

    public DiskTier Tier => tier;

    /// <summary>Whether the disk may have something for the key. No disk is touched.</summary>
    public bool MayHave(KeyBuffer key)
    {
        Span<DiskEntry> one = stackalloc DiskEntry[1];
        return tier.Find(tier.KeyOf(key.Bytes), one) > 0;
    }

    /// <summary>The object that the request selects: whole where its body is small, else in slices that stay on disk; null when there is none that counts.</summary>
    /// <param name="key">The key.</param>
    /// <param name="request">The fields that select.</param>
    /// <param name="route">The route by which it is asked for.</param>
    /// <param name="tidies">Whether what proves void on the way is removed.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async ValueTask<CachedObject?> RecallAsync(KeyBuffer key, UpstreamFields request, Route route, bool tidies, CancellationToken cancellationToken)
    {
        var entries = new DiskEntry[MostVariants];
        var count = tier.Find(tier.KeyOf(key.Bytes), entries);
        for (var i = 0; i < count; i++)
        {
            using var read = await tier.ReadHeadAsync(entries[i], cancellationToken);
            if (read is null || HeadRecord.Read(read.Head.Span, key, route, process, time) is not { } head || !head.Vary.Matches(request))
            {
                continue;
            }

            var verdict = purges.Judge(head.Began, head.Key, head.SurrogateKeys);
            if (verdict != PurgeVerdict.Void)
            {
                return Recalled(entries[i], head, verdict, read);
            }

            if (tidies)
            {
                tier.Remove(entries[i]);
            }
        }

        return null;
    }

    /// <summary>What lies on disk of a key, newest first, purged or not: to be explained, not to be served.</summary>
    public async ValueTask<IReadOnlyList<DiskCopy>> CopiesAsync(KeyBuffer key, Route route, CancellationToken cancellationToken)
    {
        List<DiskCopy> copies = [];
        var entries = new DiskEntry[MostVariants];
        var count = tier.Find(tier.KeyOf(key.Bytes), entries);
        foreach (var entry in entries.Take(count))
        {
            using var read = await tier.ReadHeadAsync(entry, cancellationToken);
            if (read is not null && HeadRecord.Read(read.Head.Span, key, route, process, time) is { } head)
            {
                var copy = Recalled(entry, head, purges.Judge(head.Began, head.Key, head.SurrogateKeys), read);
                copies.Add(new DiskCopy(copy.Head, HeadRecord.WrittenAt(read.Head.Span), tier.BytesOf(entry)));
            }
        }

        return copies;
    }

    /// <summary>Writes a complete object through; what cannot be written takes its older version with it.</summary>
    public void Write(CachedObject whole)
    {
        var (key, variant) = NameOf(whole.Head);
        using var fill = tier.TryBegin(key, variant, whole.Body.Length);
        var written = fill is not null;
        foreach (var piece in whole.Body.Pieces)
        {
            written = written && fill!.Append(piece.Span);
        }

        Settle(written && TryCommit(fill!, whole.Head), key);
    }

    /// <summary>Begins to write a body as it passes, too large for memory; null when the disk takes no more.</summary>
    public DiskFill? TryBegin(ResponseHead head, long? length)
    {
        var (key, variant) = NameOf(head);
        return tier.TryBegin(key, variant, length);
    }

    /// <summary>Ends what <see cref="TryBegin"/> began: the body was whole; false when it was not taken.</summary>
    public bool Commit(DiskFill fill, ResponseHead head) => Settle(TryCommit(fill, head), NameOf(head).Key);

    /// <summary>Puts a new head over the bytes that are there (a 304).</summary>
    public void Renew(CachedObject refreshed)
    {
        if (refreshed.Body.Slices is null)
        {
            Write(refreshed);
            return;
        }

        if (refreshed.Body.Slices.OnDisk is { } entry)
        {
            using var fill = tier.TryExtend(entry);
            Settle(fill is not null && TryCommit(fill, refreshed.Head), entry.Key);
        }
    }

    /// <summary>Begins an object in slices, none of which is here yet.</summary>
    public void Begin(CachedObject sliced)
    {
        var (key, variant) = NameOf(sliced.Head);
        using var fill = tier.TryBegin(key, variant, sliced.Body.Length);
        sliced.Body.Slices!.Generation = fill?.Generation ?? 0;
        Settle(fill is not null && TryCommit(fill, sliced.Head), key);
    }

    /// <summary>Adds a slice to an object that was begun; nothing when the disk takes no more, or has not come to write its head.</summary>
    public void Write(CachedObject sliced, int index, ReadOnlySpan<byte> bytes)
    {
        var map = sliced.Body.Slices!;
        map.OnDisk ??= FindEntry(sliced.Head, map.Generation);
        if (map.OnDisk is { } entry)
        {
            using var fill = tier.TryExtend(entry);
            fill?.Write(index, bytes);
        }
    }

    /// <summary>
    /// Lets the disk's content be of this feed's order from here on: where it is of another, or of one that ended elsewhere, it is forgotten. Returns the
    /// offset from which to follow.
    /// </summary>
    /// <param name="order">The feed's (<see cref="IPurgeFeed.Id"/>).</param>
    /// <param name="end">One past its last purge.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">The disk cannot be made to forget.</exception>
    public async ValueTask<long> ResumeAsync(ulong order, long end, CancellationToken cancellationToken)
    {
        if (notes.Order != order || purges.Next > end)
        {
            tier.RemoveAll();
            await tier.FlushAsync(cancellationToken);
            purges.Begin(end);
            notes.Order = order;
            tier.Note(PurgeNotes.OfOrder(order));
            tier.Note(end > 0 ? PurgeNotes.Of(PurgeTrace.Floor(end - 1)) : PurgeNotes.OfNext(end));
        }

        return _noted = purges.Next;
    }

    /// <summary>Lets the order of purges be this plane's own from here on: it goes on where a feed's was left.</summary>
    public void TakeOrder()
    {
        if (notes.Order != PurgeNotes.Own)
        {
            notes.Order = PurgeNotes.Own;
            notes.SkipUnknown();
            tier.Note(PurgeNotes.OfOrder(PurgeNotes.Own));
        }
    }

    /// <summary>Notes a purge that has been obeyed in memory.</summary>
    public void Note(PurgeTrace trace)
    {
        tier.Note(PurgeNotes.Of(trace));
        _noted = trace.Offset + 1;
    }

    /// <summary>Notes now and then how far a feed without purges has been followed.</summary>
    public void NoteNext(long next)
    {
        if (next - _noted >= NextEvery)
        {
            tier.Note(PurgeNotes.OfNext(next));
            _noted = next;
        }
    }

    public void Remove(CacheKey key) => tier.Remove(tier.KeyOf(key.Bytes));

    private (UInt128 Key, ulong Variant) NameOf(ResponseHead head) => (tier.KeyOf(head.Key.Bytes), head.Vary.Hash);

    /// <summary>The entry of that very version: two of one length are told apart by nothing else, and a slice of one under the other's head would be another's bytes.</summary>
    private DiskEntry? FindEntry(ResponseHead head, ulong generation)
    {
        var (key, variant) = NameOf(head);
        Span<DiskEntry> entries = stackalloc DiskEntry[MostVariants];
        foreach (var entry in entries[..tier.Find(key, entries)])
        {
            if (entry.Variant == variant && entry.Generation == generation && !entry.IsInline)
            {
                return entry;
            }
        }

        return null;
    }

    /// <summary>
    /// Adds the head, unless something voided it on its way. The fill is in the index by now, so that what comes after this look finds it there: a removal
    /// has no other memory of what it removed once the process has ended.
    /// </summary>
    private bool TryCommit(DiskFill fill, ResponseHead head) =>
        purges.Judge(head.Began, head.Key, head.SurrogateKeys) != PurgeVerdict.Void && fill.Commit(HeadRecord.Write(head, process, time));

    private bool Settle(bool written, UInt128 key)
    {
        if (!written)
        {
            tier.Remove(key);
        }

        return written;
    }

    private CachedObject Recalled(in DiskEntry entry, ResponseHead head, PurgeVerdict verdict, DiskHead read)
    {
        CachedObject recalled = new(head, BodyOf(entry, read), account);
        if (verdict == PurgeVerdict.Stale)
        {
            recalled.MakeStale(head.Freshness.InitialAge);
        }

        return recalled;
    }

    private static ObjectBody BodyOf(in DiskEntry entry, DiskHead read) => entry.IsInline || entry.BodyLength == 0
        ? ObjectBody.Of(entry.BodyLength == 0 ? [] : [read.Body.ToArray()])
        : ObjectBody.Of(new SliceMap(entry.BodyLength, entry.SliceBytes) { OnDisk = entry });
}
