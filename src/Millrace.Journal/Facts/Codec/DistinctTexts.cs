using System.IO.Hashing;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Millrace.Journal.Facts.Codec;

/// <summary>
/// Numbers the distinct texts of a list in the order in which they come: an open-addressed table at most half full, on the stack for a list of usual length.
/// </summary>
internal ref struct DistinctTexts
{
    /// <summary>Enough for a list of 256.</summary>
    public const int StackPlaces = 512;

    private readonly ReadOnlySpan<string> _texts;
    private readonly Span<Place> _places;
    private int _next;
    private int _count;

    /// <param name="texts">The list.</param>
    /// <param name="stack">Of <see cref="StackPlaces"/>, with anything in it.</param>
    public DistinctTexts(ReadOnlySpan<string> texts, Span<Place> stack)
    {
        var places = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(texts.Length, 1) * 2);
        _texts = texts;
        _places = places <= stack.Length ? stack[..places] : new Place[places];
        _places.Clear();
    }

    /// <summary>Takes the list's next text.</summary>
    /// <returns>False when the list said it before: then <paramref name="number"/> is its number.</returns>
    public bool TryAddNext(out int number)
    {
        var text = _texts[_next++];
        var mask = _places.Length - 1;
        var at = (int)XxHash3.HashToUInt64(MemoryMarshal.AsBytes(text.AsSpan())) & mask;
        for (; _places[at].Next != 0; at = (at + 1) & mask)
        {
            if (_texts[_places[at].Next - 1] == text)
            {
                number = _places[at].Number;
                return false;
            }
        }

        number = _count++;
        _places[at] = new Place(_next, number);
        return true;
    }

    /// <param name="Next">One past the text's first index in the list; 0 for an empty place.</param>
    /// <param name="Number">The text's number.</param>
    internal readonly record struct Place(int Next, int Number);
}
