using System.Numerics;

namespace Millrace.Decisions.Candidates.Vectors;

/// <summary>The rows whose bits are set in words that the caller owns: bit r of word r / 64. Rows beyond the words are not allowed.</summary>
public readonly struct RowBitmap : IRowFilter
{
    private readonly ulong[] _words;
    private readonly int _count;

    /// <param name="words">Read, not copied: they must not change during a search.</param>
    /// <param name="count">How many bits are set; at least that many.</param>
    public RowBitmap(ulong[] words, int count)
    {
        _words = words;
        _count = count;
    }

    /// <inheritdoc/>
    public int? Count => _count;

    /// <inheritdoc/>
    public float Share(int rows) => _count < rows ? _count / (float)rows : 1;

    /// <inheritdoc/>
    public bool IsOver => false;

    /// <inheritdoc/>
    public bool Allows(int row)
    {
        int word = row >> 6;
        return (uint)word < (uint)_words.Length && ((_words[word] >> row) & 1) != 0;
    }

    /// <inheritdoc/>
    public int Next(int row)
    {
        int word = row >> 6;
        if ((uint)word >= (uint)_words.Length) return -1;
        ulong bits = _words[word] >> row << row;
        while (bits == 0)
        {
            if (++word == _words.Length) return -1;
            bits = _words[word];
        }

        return (word << 6) + BitOperations.TrailingZeroCount(bits);
    }

    /// <summary>Counts the bits that are set.</summary>
    public static RowBitmap Of(ulong[] words)
    {
        int count = 0;
        foreach (ulong word in words) count += BitOperations.PopCount(word);
        return new RowBitmap(words, count);
    }
}
