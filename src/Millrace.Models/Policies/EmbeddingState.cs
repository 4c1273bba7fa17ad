using Millrace.Features.Definitions;

namespace Millrace.Models.Policies;

/// <summary>The state in which a feature's vectors of items are kept.</summary>
internal static class EmbeddingState
{
    /// <summary>Its key; null when there is no such feature, or none of vectors.</summary>
    internal static ItemVectorsKey? Of(FeatureSet features, string feature) =>
        features.IndexOf(feature) is >= 0 and var index ? features.Definitions[index].States.OfType<ItemVectorsKey>().FirstOrDefault() : null;
}
