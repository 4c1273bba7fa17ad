using System.Runtime.Intrinsics;
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
        items.Load(read.Snapshot);
        foreach (var row in items.Rows)
        {
            Int8Vector.AddTo(sum, ItemVectors.Vector(vectors.Of(read.Snapshot.Cells(row))));
        }

        Int8Vector.FromCounts(sum, person);
        var squared = Int8Vector.Dot(person, person);
        if (squared == 0)
        {
            return;
        }

        var products = read.Integers(column.Length);
        products.Clear();
        for (var at = 0; at < dimensions; at += Int8Vector.InCell)
        {
            Int8Vector.AddProducts(products, read.Column(ItemVectors.CellAt(vectors, at)), person.Slice(at, Int8Vector.InCell));
        }

        var dots = read.Doubles(2 * column.Length);
        var lengths = dots[column.Length..];
        dots = dots[..column.Length];
        var squares = read.Column(vectors.At);
        for (var i = 0; i < column.Length; i += Vector256<double>.Count)
        {
            Lanes.Doubles(products, i).CopyTo(dots[i..]);
            (Vector256.Create((double)squared) * Lanes.Doubles(squares, i)).CopyTo(lengths[i..]);
        }

        DeterministicLanes.Cosine(dots, lengths, dots);
        DeterministicLanes.ToFloats(dots, column);
    }
}
