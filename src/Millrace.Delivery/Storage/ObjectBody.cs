using Millrace.Delivery.Compression;

namespace Millrace.Delivery.Storage;

/// <summary>The body of a <see cref="CachedObject"/>: busy while its <see cref="Filling"/> runs, then complete and immutable; or in slices, wherever they are.</summary>
internal sealed class ObjectBody
{
    /// <summary>The map and its tables, without the slices.</summary>
    private const int SliceMapBytes = 512;

    private volatile ReadOnlyMemory<byte>[]? _pieces;
    private volatile Filling? _filling;
    private long _length;
    private ConversionSlots? _conversions;

    private ObjectBody()
    {
    }

    /// <summary>Whether all of it can be given at any time, from memory or in slices.</summary>
    public bool IsComplete => _pieces is not null || Slices is not null;

    /// <summary>The slices of a large body; null for one that is a whole.</summary>
    public SliceMap? Slices { get; private init; }

    /// <summary>The length in bytes; null while only the origin's end will tell.</summary>
    public long? Length => IsComplete ? _length : _filling?.Expected;

    /// <summary>The bytes of a complete body: arrays of <see cref="Filling.ChunkBytes"/> at most, or one file in memory.</summary>
    public ReadOnlyMemory<byte>[] Pieces => _pieces ?? throw new InvalidOperationException("The body is busy.");

    /// <summary>Memory of a complete body: the array of pieces, and theirs; or a file.</summary>
    public long MemoryBytes => Slices is not null ? SliceMapBytes : IsLarge ? MemoryFile.MemoryBytesOf(_length) : MemoryCost.OfArray(16L * Pieces.Length) + Pieces.Sum(static piece => MemoryCost.OfArray(piece.Length));

    private bool IsLarge => _length >= MemoryFile.MinBytes;

    public static ObjectBody Of(SliceMap slices) => new() { _length = slices.Length, Slices = slices };

    public static ObjectBody Busy(Filling filling) => new() { _filling = filling };

    public static ObjectBody Of(params ReadOnlyMemory<byte>[] pieces) => new() { _length = pieces.Sum(static piece => (long)piece.Length), _pieces = pieces };

    /// <summary>The places of a complete body's conversions; null where none may be made of it.</summary>
    public ConversionSlots? Conversions(ResponseHead head, CompressionOptions options)
    {
        if (_pieces is not null && _conversions is null)
        {
            var reason = CompressionRules.Judge(head.Status, head.Headers, head.Directives.NoTransform, _length, options);
            ConversionSlots slots = reason == CompressionReason.None ? new(CompressionRules.CodingOf(head.Headers)!.Value) : ConversionSlots.None;
            Interlocked.CompareExchange(ref _conversions, slots, null);
        }

        return _conversions == ConversionSlots.None ? null : _conversions;
    }

    /// <summary>A reader that goes along as the body arrives, or null: complete, or no longer readable from its first byte.</summary>
    public Filling.Reader? Follow() => _filling?.Open();

    /// <summary>Makes a busy body complete; those who read along read on.</summary>
    public void Complete()
    {
        var filling = _filling!;
        _length = filling.Length;
        _pieces = filling.Freeze();
        _filling = null;
    }

    /// <summary>Moves a complete body that is large and will be kept to a file in memory; false when it stays where it is.</summary>
    public bool MoveToFile()
    {
        if (!IsLarge || MemoryFile.TryCreate(Pieces) is not { } file)
        {
            return false;
        }

        _pieces = [file.Memory];
        return true;
    }
}
