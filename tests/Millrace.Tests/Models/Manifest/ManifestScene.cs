using System.Collections.Immutable;
using Millrace.Models.Manifest;
using Millrace.Models.Shelf;
using Millrace.Models.Trees;
using Millrace.Tests.Models.Trees;

namespace Millrace.Tests.Models.Manifest;

/// <summary>A small model with its manifest, and who signs and who trusts.</summary>
internal sealed class ManifestScene : IDisposable
{
    internal const string Definitions = "d0c5";

    internal ManifestScene() => Keys = TrustedKeys.FromPem(Key.PublicPem);

    internal SigningKey Key { get; } = SigningKey.Create();

    internal TrustedKeys Keys { get; }

    internal byte[] Model { get; } = GoldenFiles.Model("regression");

    internal ModelManifest Manifest(int version = 1)
    {
        ImmutableArray<string> features = ForestFile.Read(Model).Features;
        var none = ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, ManifestMetric>>.Empty;
        return new()
        {
            Format = ModelManifest.CurrentFormat,
            Name = "home-click",
            Version = version,
            Created = 1_800_000_000_000_000,
            Kind = ModelKind.LightGbm,
            Digest = ModelDigest.Of(Model),
            Bytes = Model.Length,
            Objective = "regression",
            Features = features,
            FeaturesHash = FeatureHash.Of(features, Definitions),
            Definitions = Definitions,
            Trainer = "LightGBM 4.7.0",
            Code = "0.1.0",
            Seed = 1,
            Metrics = none.Add("all", ImmutableSortedDictionary<string, ManifestMetric>.Empty.Add("auc", new ManifestMetric(0.71, 0.69, 0.73, 12_000))),
            Fairness = none,
        };
    }

    internal ManifestVerifier Verifier(string? definitions = Definitions, ForestLimits? limits = null) => new(Keys, definitions, limits);

    internal ModelRefusal RefusalOf(ReadOnlyMemory<byte> envelope, byte[] model, ManifestVerifier? verifier = null)
    {
        verifier ??= Verifier();
        return Assert.Throws<ModelRefusedException>(() => verifier.Check(verifier.Manifest(envelope), model)).Reason;
    }

    public void Dispose()
    {
        Key.Dispose();
        Keys.Dispose();
    }
}
