namespace Millrace.Delivery.Storage;

/// <summary>
/// The bytes of a body as it arrives, in chunks that are numbered from the first on, and their account. The first may be forgotten. Not thread-safe: they are
/// under <see cref="Filling"/>'s lock.
/// </summary>
internal sealed class FillingChunks(MemoryAccount account)
{
    /// <summary>Below the large object heap's threshold of 85,000 bytes.</summary>
    public const int MostBytes = 64 * 1024;

    private const int FirstBytes = 4 * 1024;

    private readonly List<Chunk> _chunks = [];
    private long _taken;

    /// <summary>The number of the first chunk that is still here.</summary>
    public int First { get; private set; }

    /// <summary>The number behind the last.</summary>
    public int End => First + _chunks.Count;

    public int Count => _chunks.Count;

    /// <summary>Bytes that have come, forgotten or not.</summary>
    public long Length { get; private set; }

    /// <summary>Room in the last chunk; empty when it is full, or there is none.</summary>
    public Memory<byte> Space => _chunks.Count > 0 ? _chunks[^1].Bytes.AsMemory(_chunks[^1].Used) : default;

    /// <summary>Adds a chunk where the account has room for it.</summary>
    /// <param name="expected">The body's length in bytes, if known.</param>
    public bool TryAdd(long? expected)
    {
        var bytes = NextBytes(expected);
        if (!account.TryTake(bytes))
        {
            return false;
        }

        Append(bytes);
        return true;
    }

    /// <summary>Adds a chunk, counted whatever the bound says.</summary>
    /// <inheritdoc cref="TryAdd"/>
    public void Add(long? expected)
    {
        var bytes = NextBytes(expected);
        account.Take(bytes);
        Append(bytes);
    }

    public void Commit(int bytes)
    {
        _chunks[^1].Used += bytes;
        Length += bytes;
    }

    /// <summary>What has come of a chunk, from an offset on.</summary>
    public ReadOnlyMemory<byte> From(int number, int offset) => _chunks[number - First] is var chunk ? chunk.Bytes.AsMemory(offset, chunk.Used - offset) : default;

    public bool IsFull(int number) => _chunks[number - First] is var chunk && chunk.Used == chunk.Bytes.Length;

    /// <summary>Forgets the chunks before a number, but never the last, which is being written.</summary>
    public void ForgetBefore(int number)
    {
        var gone = Math.Min(number - First, Math.Max(0, _chunks.Count - 1));
        if (gone > 0)
        {
            var bytes = _chunks.Take(gone).Sum(static chunk => (long)chunk.Bytes.Length);
            account.Return(bytes);
            _taken -= bytes;
            _chunks.RemoveRange(0, gone);
            First += gone;
        }
    }

    /// <summary>The chunks for the store, each cut to its content.</summary>
    public ReadOnlyMemory<byte>[] Freeze() =>
        [.. _chunks.Where(static chunk => chunk.Used > 0).Select(static chunk => new ReadOnlyMemory<byte>(chunk.Used == chunk.Bytes.Length ? chunk.Bytes : chunk.Bytes.AsSpan(0, chunk.Used).ToArray()))];

    /// <summary>Those that <see cref="Freeze"/> gave as they were are another's to account for; what was cut is still ours.</summary>
    public void ReturnFrozen()
    {
        var cut = _chunks.Count > 0 && !IsFull(End - 1) ? _chunks[^1].Bytes.Length : 0;
        account.Return(_taken - cut);
        _taken = cut;
    }

    public void ReturnAll()
    {
        account.Return(_taken);
        _taken = 0;
    }

    /// <summary>Counts again what <see cref="ReturnAll"/> returned.</summary>
    public void TakeAgain()
    {
        _taken = _chunks.Sum(static chunk => (long)chunk.Bytes.Length);
        account.Take(_taken);
    }

    /// <summary>Chunks double up to their bound, so that a small body of unknown length costs little; the rest of a known length otherwise.</summary>
    private int NextBytes(long? expected) =>
        (int)Math.Min(MostBytes, expected is { } total && total > Length ? total - Length : Math.Max(FirstBytes, _chunks.Count > 0 ? 2L * _chunks[^1].Bytes.Length : 0));

    private void Append(int bytes)
    {
        _taken += bytes;
        _chunks.Add(new Chunk(new byte[bytes]));
    }

    private sealed class Chunk(byte[] bytes)
    {
        public byte[] Bytes { get; } = bytes;

        public int Used { get; set; }
    }
}
