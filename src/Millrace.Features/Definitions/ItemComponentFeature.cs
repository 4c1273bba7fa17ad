using System.Collections.Immutable;
using Millrace.Features.Online;
using Millrace.Features.Text;

namespace Millrace.Features.Definitions;

/// <summary>
/// One number of the item's vector, as a column for a model: <c>{name, entity: item, component: 3, text: title, dimensions: 64}</c>, of the hashed n-grams of a text or of the embedding that
/// comes with the item. Vectors are of length 1, so that long texts weigh no more than short ones. Missing without one. Components of one vector share its state.
/// </summary>
/// <param name="Name">Its name.</param>
/// <param name="At">Which, from 0 on.</param>
/// <param name="Text">The attribute whose text it is; null for the embedding.</param>
/// <param name="Dimensions">Of text a power of two from 16 to 512, of embeddings a multiple of 8 from 8 to 512.</param>
public sealed record ItemComponentFeature(string Name, int At, string? Text, int Dimensions) : FeatureDefinition(Name)
{
    public override FeatureEntity Entity => FeatureEntity.Item;

    internal override ImmutableArray<StateKey> States => [new ItemVectorsKey(Text, Dimensions)];

    internal override IEnumerable<string> Faults()
    {
        if (Text is { } text)
        {
            foreach (var fault in DefinitionFaults.Key("text", text)) yield return fault;
            if (Dimensions is < 16 or > 512 || !int.IsPow2(Dimensions)) yield return $"dimensions: expected a power of two from 16 to 512; got {Dimensions}";
        }
        else if (Dimensions is < 8 or > 512 || Dimensions % 8 != 0)
        {
            yield return $"embedding: expected a multiple of 8 from 8 to 512; got {Dimensions}";
        }

        foreach (var fault in DefinitionFaults.Between("component", At, 0, Dimensions - 1)) yield return fault;
    }

    internal override void Read(in FeatureRead read, Span<float> column)
    {
        var vectors = read.State<CatalogueState.Frozen>(0);
        var squares = read.Column(vectors.At);
        var places = read.Column(ItemVectors.CellAt(vectors, At));
        for (var i = 0; i < column.Length; i++)
        {
            if (squares[i] > 0)
            {
                column[i] = (float)((sbyte)(places[i] >> (8 * (At % Int8Vector.InCell))) / Math.Sqrt(squares[i]));
            }
        }
    }
}
