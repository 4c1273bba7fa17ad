namespace Millrace.Api;

/// <summary>Lets a bounded number of bytes through; one more is a refusal. A broken gzip stream is one too.</summary>
internal sealed class BoundedStream(Stream inner, long maxBytes, Action onHit) : Stream
{
    private long _read;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => _read;
        set => throw new NotSupportedException();
    }

    public static ProblemException TooLarge(long maxBytes) => new(ProblemReason.TooLarge, $"Expected at most {maxBytes} bytes, inflated (limits.requestBody).");

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            var count = await inner.ReadAsync(buffer, cancellationToken);
            _read += count;
            if (_read > maxBytes)
            {
                onHit();
                throw TooLarge(maxBytes);
            }

            return count;
        }
        catch (InvalidDataException)
        {
            throw new ProblemException(ProblemReason.Malformed, "Expected gzip, as Content-Encoding says; the body is not.");
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
