namespace Millrace.Delivery.Compression;

/// <summary>Takes what a coder writes, in pieces, up to a bound; beyond it nothing more is kept.</summary>
internal sealed class BoundedPieces(long most) : Stream
{
    private const int PieceBytes = 64 << 10;

    private readonly List<ReadOnlyMemory<byte>> _pieces = [];
    private byte[] _piece = [];
    private int _used;
    private long _length;

    public bool IsOver { get; private set; }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => _length;

    public override long Position
    {
        get => _length;
        set => throw new NotSupportedException();
    }

    public ReadOnlyMemory<byte>[] Take()
    {
        Cut();
        return [.. _pieces];
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        IsOver |= _length + buffer.Length > most;
        while (!buffer.IsEmpty && !IsOver)
        {
            if (_used == _piece.Length)
            {
                Cut();
                _piece = new byte[(int)Math.Clamp(most - _length, 1, PieceBytes)];
            }

            var take = Math.Min(buffer.Length, _piece.Length - _used);
            buffer[..take].CopyTo(_piece.AsSpan(_used));
            _used += take;
            _length += take;
            buffer = buffer[take..];
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private void Cut()
    {
        if (_used > 0)
        {
            // The last piece is cut to its content: what is kept is what is counted.
            _pieces.Add(_used == _piece.Length ? _piece : _piece.AsSpan(0, _used).ToArray());
            (_piece, _used) = ([], 0);
        }
    }
}
