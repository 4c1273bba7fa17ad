using System.Collections.Immutable;
using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace Millrace.Features.Images;

/// <summary>
/// Reads the attributes of items. Items of equal attributes share them: of a set whose texts all came before, the numbers of these name it, and the sets that came last are
/// remembered by them.
/// </summary>
/// <param name="texts">The texts of the snapshot.</param>
internal sealed class AttributeSets(SharedTexts texts)
{
    private const int MostAttributes = 1024;
    private const int MostValues = 4096;

    // A power of two: the sets of a catalogue with some thousand topics find their places.
    private const int Places = 1 << 16;

    private readonly (int[] Numbers, ImmutableSortedDictionary<string, ImmutableArray<string>> Set)[] _known =
        new (int[], ImmutableSortedDictionary<string, ImmutableArray<string>>)[Places];

    // Of the set that is read: by attribute the number of its name, how many values it has, and their numbers; and all its texts.
    private readonly List<int> _numbers = [];
    private readonly List<string> _texts = [];

    internal static ImmutableSortedDictionary<string, ImmutableArray<string>> Empty { get; } =
        ImmutableSortedDictionary.Create<string, ImmutableArray<string>>(StringComparer.Ordinal);

    internal ImmutableSortedDictionary<string, ImmutableArray<string>> Read(StateReader from)
    {
        _numbers.Clear();
        _texts.Clear();
        var named = true;
        string? before = null;
        for (var left = from.Count(MostAttributes); left > 0; left--)
        {
            named &= Take(from);
            var name = _texts[^1];
            if (before is not null && string.CompareOrdinal(before, name) >= 0)
            {
                throw from.Bad("attributes in order, each once", name);
            }

            before = name;
            var values = from.Count(MostValues);
            _numbers.Add(values);
            for (; values > 0; values--)
            {
                named &= Take(from);
            }
        }

        // A text that is new makes the set new.
        return named ? Known() : Build();
    }

    private ImmutableSortedDictionary<string, ImmutableArray<string>> Known()
    {
        var numbers = CollectionsMarshal.AsSpan(_numbers);
        ref var place = ref _known[XxHash3.HashToUInt64(MemoryMarshal.AsBytes(numbers)) & (Places - 1)];
        if (place.Numbers is null || !numbers.SequenceEqual(place.Numbers))
        {
            place = ([.. numbers], Build());
        }

        return place.Set;
    }

    private ImmutableSortedDictionary<string, ImmutableArray<string>> Build()
    {
        var attributes = Empty.ToBuilder();
        var texts = CollectionsMarshal.AsSpan(_texts);
        for (var at = 1; texts.Length > 0; at += 2 + _numbers[at])
        {
            var values = _numbers[at];
            attributes.Add(texts[0], ImmutableCollectionsMarshal.AsImmutableArray(texts.Slice(1, values).ToArray()));
            texts = texts[(1 + values)..];
        }

        return attributes.ToImmutable();
    }

    /// <summary>Reads a text.</summary>
    /// <returns>Whether it came before.</returns>
    private bool Take(StateReader from)
    {
        _texts.Add(texts.Read(from, out var number));
        _numbers.Add(number);
        return number > 0;
    }
}
