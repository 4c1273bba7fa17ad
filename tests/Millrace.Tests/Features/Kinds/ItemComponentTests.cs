using System.Collections.Immutable;
using CsCheck;
using Millrace.Features.Definitions;
using Millrace.Features.Text;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Tests.Features.Kinds;

/// <summary>Components of vectors, beside the vectors as text and numbers give them.</summary>
public sealed class ItemComponentTests
{
    private const int Dimensions = 16;

    private static readonly UnixMicros Now = new(1_750_000_000_000_000);

    private static readonly FeatureSet Set = FeatureSet.Create(
        Enumerable.Range(0, Dimensions).SelectMany(at => (FeatureDefinition[])[new ItemComponentFeature($"t{at}", at, "title", Dimensions), new ItemComponentFeature($"e{at}", at, null, Dimensions)]));

    [Fact]
    public void Components_are_those_of_the_vector_of_length_one() =>
        Gen.Select(Gen.String[Gen.Char["abc déß中 -1"], 0, 40], Gen.Float[-2, 2].Array[Dimensions]).Sample((title, embedding) =>
        {
            var read = Read(title, embedding);
            var counts = new int[Dimensions];
            HashedText.Add(title, counts);
            Compare("t", [.. counts.Select(count => (double)count)]);
            Compare("e", [.. embedding.Select(value => (double)value)]);

            void Compare(string name, double[] vector)
            {
                var length = Math.Sqrt(vector.Sum(value => value * value));
                for (var at = 0; at < Dimensions; at++)
                {
                    var component = read[$"{name}{at}"];
                    Assert.True(length == 0 ? float.IsNaN(component) : Math.Abs(component - (vector[at] / length)) < 0.01, $"{name}{at}: {component} of {vector[at]} / {length}");
                }
            }
        }, threads: 1, iter: 200);

    [Fact]
    public void Without_a_vector_and_with_one_of_another_length_they_are_missing()
    {
        Assert.All(Read("", [1, 2, 3]), component => Assert.True(float.IsNaN(component.Value)));
        Assert.All(Read("--- ---", []), component => Assert.True(float.IsNaN(component.Value)));
    }

    [Fact]
    public void Components_of_one_vector_share_a_state() => Assert.Equal(2, Set.States.Count(state => state is ItemVectorsKey));

    [Theory]
    [InlineData(16, "title", 16, "component: expected 0 to 15; got 16")]
    [InlineData(0, "title", 24, "dimensions: expected a power of two")]
    [InlineData(0, null, 12, "embedding: expected a multiple of 8")]
    public void What_cannot_be_is_refused(int at, string? text, int dimensions, string says) =>
        Assert.Contains(new ItemComponentFeature("f", at, text, dimensions).Faults(), fault => fault.StartsWith(says, StringComparison.Ordinal));

    private static Dictionary<string, float> Read(string title, float[] embedding)
    {
        var attributes = ImmutableSortedDictionary.Create<string, ImmutableArray<string>>(StringComparer.Ordinal);
        var run = new KindRun(Set).Take(new StoredFact(new Position(JournalStream.Items, 0, 0), new ItemChanged
        {
            Id = "f", Item = "i0", Time = Now, Received = Now, Attributes = title.Length == 0 ? attributes : attributes.Add("title", [title]), Embedding = [.. embedding],
        }));
        return run.Read(run.Folder.Freeze(Now), ["i0"], Now, new Asker(null, null))["i0"];
    }
}
