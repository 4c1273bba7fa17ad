namespace Millrace.Decisions.Pipeline;

/// <summary>
/// Pieces of bytes, first in, first out, in large arrays: nothing that a garbage collector has to follow or to move. A piece lies in one array; an array is used again when the last
/// of its pieces has gone. Not safe for several threads.
/// </summary>
internal sealed class AnswerBytes
{
    /// <summary>The longest piece. Beyond 85,000 bytes an array is not moved by collections.</summary>
    internal const int Longest = 256 << 10;

    private readonly List<byte[]> _arrays = [];
    private byte[]? _spare;
    private long _first;
    private int _used = Longest;

    /// <summary>Keeps a copy.</summary>
    /// <returns>Where it stands: later pieces stand higher.</returns>
    internal long Add(ReadOnlySpan<byte> piece)
    {
        if (_used + piece.Length > Longest)
        {
            _arrays.Add(_spare ?? GC.AllocateUninitializedArray<byte>(Longest));
            (_spare, _used) = (null, 0);
        }

        long at = ((_first + _arrays.Count - 1) * Longest) + _used;
        piece.CopyTo(At(at, piece.Length));
        _used += piece.Length;
        return at;
    }

    /// <summary>The bytes of a piece.</summary>
    internal Span<byte> At(long at, int length) => _arrays[(int)((at / Longest) - _first)].AsSpan((int)(at % Longest), length);

    /// <summary>Forgets all pieces below one.</summary>
    /// <param name="at">Where the oldest that is still wanted stands.</param>
    internal void DropBelow(long at)
    {
        while (_first < at / Longest && _arrays.Count > 1)
        {
            // One is enough: arrays go about as fast as they come.
            _spare = _arrays[0];
            _arrays.RemoveAt(0);
            _first++;
        }
    }
}
