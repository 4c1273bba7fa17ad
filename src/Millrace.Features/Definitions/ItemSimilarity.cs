using Millrace.Features.Numerics;
using Millrace.Features.Online;
using Millrace.Features.Text;

namespace Millrace.Features.Definitions;

/// <summary>The cosine of each candidate's vector and the sum of those of a person's last items: state 0 and section 0 of a definition.</summary>
internal static class ItemSimilarity
{
    internal static void Read(in FeatureRead read, int dimensions, Span<float> column)
    {
        Span<int> sum = stackalloc int[dimensions];
        Span<sbyte> person = stackalloc sbyte[dimensions];
        sum.Clear();
        var vectors = read.State<CatalogueState.Frozen>(0);
        var items = read.Items(0);
        var rows = items.Rows;
        items.Load(read.Snapshot);
        foreach (var row in rows)
        {
            Int8Vector.AddTo(sum, ItemVectors.Vector(vectors.Of(read.Snapshot.Cells(row))));
        }

        Int8Vector.FromCounts(sum, person);
        var squared = Int8Vector.Dot(person, person);
        if (squared == 0)
        {
            return;
        }

        var dots = read.Doubles(2 * column.Length);
        var lengths = dots[column.Length..];
        dots = dots[..column.Length];
        for (var i = 0; i < column.Length; i++)
        {
            var cells = vectors.Of(read.Row(i));
            dots[i] = Int8Vector.Dot(person, ItemVectors.Vector(cells));
            lengths[i] = (long)squared * ItemVectors.Squared(cells);
        }

        DeterministicLanes.Cosine(dots, lengths, dots);
        DeterministicLanes.ToFloats(dots, column);
    }
}
