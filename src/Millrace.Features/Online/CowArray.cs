using System.Runtime.CompilerServices;

namespace Millrace.Features.Online;

/// <summary>
/// An array that one writer edits and many readers see frozen: chunks of 16 rows under pages of 64 chunks, each copied at most once per
/// freeze and only when touched. A freeze costs O(touched), not O(rows).
/// </summary>
internal sealed class CowArray<T>
{
    // What is touched lies anywhere: of larger chunks a freeze would make the writer copy little but neighbours.
    private const int Bits = 4;
    private const int Size = 1 << Bits;
    private const int Mask = Size - 1;
    private const int PageBits = 6;
    private const int PageSize = 1 << PageBits;
    private const int PageMask = PageSize - 1;

    private Page?[] _pages = [];
    private long _owner = 1;
    private long _pagesOwner = 1;

    /// <summary>The row's place for writing; its chunk is the writer's own from then on until the next freeze.</summary>
    internal ref T Edit(int row)
    {
        int pageIndex = row >> (PageBits + Bits);
        if (pageIndex >= _pages.Length)
        {
            Array.Resize(ref _pages, Math.Max(pageIndex + 1, 2 * _pages.Length));
            _pagesOwner = _owner;
        }

        Page? page = _pages[pageIndex];
        if (page is null || page.Owner != _owner) page = OwnPage(pageIndex);
        ref Chunk? chunk = ref page.Chunks[(row >> Bits) & PageMask];
        if (chunk is null || chunk.Owner != _owner) chunk = chunk is null ? new Chunk(_owner) : new Chunk(_owner, chunk);
        return ref chunk.Rows[row & Mask];
    }

    /// <summary>The array as it stands, to read until the next edit.</summary>
    internal Frozen Now => new(_pages);

    internal T? Read(int row) => Now[row];

    /// <summary>A row that was written, without a copy of it, to read until the next edit.</summary>
    internal ref readonly T At(int row) => ref _pages[row >> (PageBits + Bits)]!.Chunks[(row >> Bits) & PageMask]!.Rows[row & Mask];

    /// <summary>What stands here now, for ever.</summary>
    internal Frozen Freeze()
    {
        _owner++;
        return new Frozen(_pages);
    }

    private Page OwnPage(int index)
    {
        if (_pagesOwner != _owner)
        {
            _pages = (Page?[])_pages.Clone();
            _pagesOwner = _owner;
        }

        Page? old = _pages[index];
        var page = new Page(_owner);
        if (old is not null) page.Chunks = old.Chunks;
        return _pages[index] = page;
    }

    /// <summary>The frozen array; rows never written read as default.</summary>
    internal readonly struct Frozen(Page?[] pages)
    {
        internal T? this[int row]
        {
            get
            {
                int page = row >> (PageBits + Bits);
                if ((uint)page >= (uint)(pages?.Length ?? 0)) return default;
                Chunk? chunk = pages![page]?.Chunks[(row >> Bits) & PageMask];
                return chunk is null ? default : chunk.Rows[row & Mask];
            }
        }

        /// <summary>Rows whose references differ from those of an earlier view, ascending: O(pages), then O(what was touched). For a <typeparamref name="T"/> that is a class.</summary>
        internal IEnumerable<int> ChangedSince(Frozen before)
        {
            for (var at = 0; at < (pages?.Length ?? 0); at++)
            {
                var page = pages![at];
                var old = before.PageOf(at);
                if (page is null || ReferenceEquals(page, old))
                {
                    continue;
                }

                for (var chunk = 0; chunk < PageSize; chunk++)
                {
                    if (ReferenceEquals(page.Chunks[chunk], old?.Chunks[chunk]))
                    {
                        continue;
                    }

                    var first = ((at << PageBits) + chunk) << Bits;
                    for (var row = first; row < first + Size; row++)
                    {
                        if (!ReferenceEquals(this[row], before[row]))
                        {
                            yield return row;
                        }
                    }
                }
            }
        }

        private Page? PageOf(int page) => page < (pages?.Length ?? 0) ? pages![page] : null;

        /// <summary>Begins to load the row's place; that of a row below 0 is none.</summary>
        internal void Prefetch(int row)
        {
            int page = row >> (PageBits + Bits);
            if ((uint)page >= (uint)(pages?.Length ?? 0) || pages![page]?.Chunks[(row >> Bits) & PageMask] is not { } chunk) return;
            Cache.Prefetch(ref Unsafe.As<T, byte>(ref chunk.Rows[row & Mask]));
        }
    }

    internal sealed class Page(long owner)
    {
        internal readonly long Owner = owner;

        // Within the page itself: one load less for each row that is read.
        internal Chunked Chunks;
    }

    [InlineArray(PageSize)]
    internal struct Chunked
    {
        private Chunk? _first;
    }

    internal sealed class Chunk
    {
        internal readonly long Owner;
        internal Buffer Rows;

        internal Chunk(long owner) => Owner = owner;

        internal Chunk(long owner, Chunk from)
        {
            Owner = owner;
            Rows = from.Rows;
        }
    }

    [InlineArray(Size)]
    internal struct Buffer
    {
        private T _first;
    }
}
