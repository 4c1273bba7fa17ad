using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Millrace.Features.Online;

/// <summary>
/// The items' numbers, row-major: one item is one row of <paramref name="words"/> integers. Rows stand in chunks of about 1 KiB under pages of 64 chunks, each copied at
/// most once per freeze and only when touched, so that a freeze costs O(touched). One writer; frozen views are read by any thread.
/// </summary>
/// <param name="words">Words of one row, at least 1.</param>
internal sealed class RowStore(int words)
{
    private const int PageBits = 6;
    private const int ChunkWords = 128;

    // The first word of a chunk says which writer's turn it belongs to.
    private const int Head = 1;

    private readonly int _bits = Math.Max(0, int.Log2(Math.Max(1, ChunkWords / words)));
    private Page?[] _pages = [];
    private long _owner = 1;
    private long _pagesOwner = 1;

    /// <summary>Words of one row.</summary>
    internal int Words => words;

    /// <summary>The row to write; its chunk is the writer's own from then on until the next freeze.</summary>
    internal Span<long> Edit(int row)
    {
        var chunk = row >> _bits;
        var index = chunk >> PageBits;
        if (index >= _pages.Length)
        {
            Array.Resize(ref _pages, Math.Max(index + 1, _pages.Length * 2));
            _pagesOwner = _owner;
        }

        var page = _pages[index];
        if (page is null || page.Owner != _owner)
        {
            page = OwnPage(index);
        }

        ref var place = ref page.Chunks[chunk & ((1 << PageBits) - 1)];
        if (place is null)
        {
            place = new long[Head + (words << _bits)];
            place[0] = _owner;
        }
        else if (place[0] != _owner)
        {
            place = (long[])place.Clone();
            place[0] = _owner;
        }

        return place.AsSpan(Head + ((row & ((1 << _bits) - 1)) * words), words);
    }

    /// <summary>The row as it stands, until the next edit.</summary>
    internal ReadOnlySpan<long> Read(int row) => Now[row];

    /// <summary>All rows as they stand, to read until the next edit.</summary>
    internal Frozen Now => new(_pages, _bits, words);

    /// <summary>What stands here now, for ever.</summary>
    internal Frozen Freeze()
    {
        _owner++;
        return new Frozen(_pages, _bits, words);
    }

    private Page OwnPage(int index)
    {
        if (_pagesOwner != _owner)
        {
            _pages = (Page?[])_pages.Clone();
            _pagesOwner = _owner;
        }

        var page = new Page(_owner);
        if (_pages[index] is { } before)
        {
            page.Chunks = before.Chunks;
        }

        return _pages[index] = page;
    }

    /// <summary>Rows as one snapshot sees them; a row that was never written reads as zeros.</summary>
    internal readonly struct Frozen
    {
        // Eight rows ahead: enough copies of others to hide the two dependent misses of a row behind. The gain has not been measured by itself.
        // Where the chunks of the eight after those are is loaded still earlier.
        private const int Ahead = 8;
        private const int LineWords = 8;

        private readonly Page?[] _pages;
        private readonly int _bits;
        private readonly int _words;

        internal Frozen(Page?[] pages, int bits, int words) => (_pages, _bits, _words) = (pages, bits, words);

        internal ReadOnlySpan<long> this[int row] => Chunk(row) is { } chunk ? chunk.AsSpan(Start(row), _words) : Zeros(_words);

        /// <summary>Copies the rows one behind the other into <paramref name="into"/>, rows.Length × words; a row below 0 is zeros.</summary>
        internal void Gather(ReadOnlySpan<int> rows, Span<long> into) => Gather(rows, 0, _words, into);

        /// <summary>Copies <paramref name="count"/> words of each row from <paramref name="first"/> on, one row's behind the other's; a row below 0 is zeros.</summary>
        internal void Gather(ReadOnlySpan<int> rows, int first, int count, Span<long> into)
        {
            for (var i = 0; i < Math.Min(2 * Ahead, rows.Length); i++)
            {
                PrefetchChunk(rows[i]);
            }

            for (var i = 0; i < Math.Min(Ahead, rows.Length); i++)
            {
                Prefetch(rows[i], first, count);
            }

            for (var i = 0; i < rows.Length; i++)
            {
                if (i + (2 * Ahead) < rows.Length)
                {
                    PrefetchChunk(rows[i + (2 * Ahead)]);
                }

                if (i + Ahead < rows.Length)
                {
                    Prefetch(rows[i + Ahead], first, count);
                }

                var target = into.Slice(i * count, count);
                if (rows[i] >= 0 && Chunk(rows[i]) is { } chunk)
                {
                    chunk.AsSpan(Start(rows[i]) + first, count).CopyTo(target);
                }
                else
                {
                    target.Clear();
                }
            }
        }

        private static ReadOnlySpan<long> Zeros(int words) => new long[words];

        private int Start(int row) => Head + ((row & ((1 << _bits) - 1)) * _words);

        private long[]? Chunk(int row)
        {
            var chunk = row >> _bits;
            var page = chunk >> PageBits;
            return (uint)page < (uint)(_pages?.Length ?? 0) ? _pages![page]?.Chunks[chunk & ((1 << PageBits) - 1)] : null;
        }

        /// <summary>Begins to load <paramref name="count"/> words of a row from <paramref name="first"/> on.</summary>
        internal unsafe void Prefetch(int row, int first, int count)
        {
            if (!Sse.IsSupported || row < 0 || Chunk(row) is not { } chunk)
            {
                return;
            }

            // An address that the collector moves meanwhile is a wasted hint, and nothing else.
            ref var start = ref Unsafe.Add(ref System.Runtime.InteropServices.MemoryMarshal.GetArrayDataReference(chunk), Start(row) + first);
            for (var word = 0; word < count; word += LineWords)
            {
                Sse.Prefetch0(Unsafe.AsPointer(ref Unsafe.Add(ref start, word)));
            }

            // Rows are not aligned to lines: the last word may stand in one more.
            Sse.Prefetch0(Unsafe.AsPointer(ref Unsafe.Add(ref start, count - 1)));
        }

        private unsafe void PrefetchChunk(int row)
        {
            var chunk = row >> _bits;
            var index = chunk >> PageBits;
            if (Sse.IsSupported && (uint)index < (uint)(_pages?.Length ?? 0) && _pages![index] is { } page)
            {
                Sse.Prefetch0(Unsafe.AsPointer(ref page.Chunks[chunk & ((1 << PageBits) - 1)]));
            }
        }
    }

    internal sealed class Page(long owner)
    {
        internal readonly long Owner = owner;

        // Within the page itself: one load less for each row that is read.
        internal Chunked Chunks;
    }

    [InlineArray(1 << PageBits)]
    internal struct Chunked
    {
        private long[]? _first;
    }
}
