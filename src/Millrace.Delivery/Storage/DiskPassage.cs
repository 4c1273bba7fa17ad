using Millrace.Delivery.Storage.Disk;

namespace Millrace.Delivery.Storage;

/// <summary>A body too large for memory on its way to disk, as it passes through a window. Does nothing where there is no disk, or it takes no more.</summary>
internal sealed class DiskPassage(DiskObjects? disk, ResponseHead head, Filling body) : IDisposable
{
    private DiskFill? _fill;

    /// <summary>Begins with all that has come so far; call before the window forgets any.</summary>
    public void Begin()
    {
        _fill = disk?.TryBegin(head, body.Expected);
        if (_fill is { } fill)
        {
            body.ForEach(piece => fill.Append(piece.Span));
        }
    }

    /// <summary>Adds what has come since.</summary>
    public void Append(ReadOnlySpan<byte> piece) => _fill?.Append(piece);

    /// <summary>The body was whole; false when the disk has not got all of it.</summary>
    public bool TryEnd() => _fill is not null && disk!.Commit(_fill, head);

    public void Dispose() => _fill?.Dispose();
}
