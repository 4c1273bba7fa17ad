using System.Buffers;
using System.IO.Pipelines;

namespace Millrace.Delivery.Tests;

/// <summary>Lends the same blocks again and again, as the transport's pool does.</summary>
internal sealed class BlockPool : MemoryPool<byte>
{
    private readonly System.Collections.Concurrent.ConcurrentBag<Block> _free = new();

    /// <summary>How a pipe takes its memory from here, as much as it likes.</summary>
    public PipeOptions Options(PipeScheduler reader) => new(this, readerScheduler: reader, writerScheduler: PipeScheduler.Inline, pauseWriterThreshold: 0, useSynchronizationContext: false);

    public override int MaxBufferSize => Block.Bytes;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1) => _free.TryTake(out var block) ? block : new Block(_free);

    protected override void Dispose(bool disposing) => _free.Clear();

    private sealed class Block(System.Collections.Concurrent.ConcurrentBag<Block> free) : IMemoryOwner<byte>
    {
        public const int Bytes = 16 * 1024;

        public Memory<byte> Memory { get; } = new byte[Bytes];

        public void Dispose() => free.Add(this);
    }
}

/// <summary>A connection's two directions.</summary>
internal sealed record DuplexPipe(PipeReader Input, PipeWriter Output) : IDuplexPipe;
