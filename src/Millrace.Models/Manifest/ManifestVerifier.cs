using System.Collections.Immutable;
using System.Text.Json;
using Millrace.Models.Posteriors;
using Millrace.Models.Shelf;
using Millrace.Models.Trees;

namespace Millrace.Models.Manifest;

/// <summary>
/// Takes a model or refuses it, with the reason. Signature, then size, then digest, and only then is anything of the model parsed: what nobody trusted signed reaches no parser but that of the envelope.
/// </summary>
/// <param name="keys">Whose signatures count.</param>
/// <param name="definitions">The fingerprint of the features that this node computes; null to take a model whatever its features meant.</param>
/// <param name="limits">Bounds; null for <see cref="ForestLimits.Default"/>.</param>
public sealed class ManifestVerifier(TrustedKeys keys, string? definitions = null, ForestLimits? limits = null)
{
    private readonly ForestLimits _limits = limits ?? ForestLimits.Default;

    /// <summary>The manifest of an envelope, its model not yet looked at.</summary>
    /// <param name="envelope">The bytes of the file.</param>
    /// <param name="name">What was asked for; null for any.</param>
    /// <param name="version">Likewise.</param>
    /// <exception cref="ModelRefusedException">It is not to be trusted.</exception>
    public ModelManifest Manifest(ReadOnlyMemory<byte> envelope, string? name = null, int? version = null)
    {
        SignedManifest signed = SignedManifest.Read(envelope) ?? throw Refused(ModelRefusal.EnvelopeMalformed, $"expected a DSSE envelope of {SignedManifest.PayloadType} as written by Millrace");
        if (!keys.Knows(signed.KeyId)) throw Refused(ModelRefusal.KeyUnknown, $"signed by the key '{signed.KeyId}'; trusted are {string.Join(", ", keys.Ids)}");
        if (!keys.Verify(signed)) throw Refused(ModelRefusal.SignatureWrong, $"the key '{signed.KeyId}' did not sign this");
        ModelManifest manifest = Parse(signed.Payload.Span);
        if (manifest.Name != (name ?? manifest.Name) || manifest.Version != (version ?? manifest.Version))
        {
            throw Refused(ModelRefusal.NameDiffers, $"it is the manifest of {manifest}; {name ?? manifest.Name}@{version ?? manifest.Version} was asked for");
        }

        return manifest;
    }

    /// <summary>Checks a model file by its manifest.</summary>
    /// <returns>The file's bytes: what was checked is what is used.</returns>
    /// <exception cref="ModelRefusedException">It is not the model that was signed, or not one for this node.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public byte[] Model(ModelManifest manifest, string path)
    {
        if (manifest.Bytes > _limits.Bytes) throw Refused(ModelRefusal.ModelTooLarge, $"expected at most {_limits.Bytes} bytes; the manifest says {manifest.Bytes}");
        if (!File.Exists(path)) throw Refused(ModelRefusal.ModelMissing, $"there is no file {path}");
        using var file = File.OpenRead(path);
        if (file.Length != manifest.Bytes) throw Refused(ModelRefusal.SizeDiffers, $"expected {manifest.Bytes} bytes; got {file.Length}");
        var bytes = new byte[manifest.Bytes];
        if (file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length) throw Refused(ModelRefusal.SizeDiffers, $"expected {manifest.Bytes} bytes; the file shrank");
        Check(manifest, bytes);
        return bytes;
    }

    /// <summary>Checks a model's bytes by its manifest.</summary>
    /// <exception cref="ModelRefusedException">It is not the model that was signed, or not one for this node.</exception>
    public void Check(ModelManifest manifest, byte[] model)
    {
        if (manifest.Bytes > _limits.Bytes) throw Refused(ModelRefusal.ModelTooLarge, $"expected at most {_limits.Bytes} bytes; the manifest says {manifest.Bytes}");
        if (model.Length != manifest.Bytes) throw Refused(ModelRefusal.SizeDiffers, $"expected {manifest.Bytes} bytes; got {model.Length}");
        if (ModelDigest.Of(model) is var found && found != manifest.Digest) throw Refused(ModelRefusal.DigestDiffers, $"expected bytes of the SHA-256 {manifest.Digest}; got {found}");
        if (!FeaturesOf(manifest.Kind, model).SequenceEqual(manifest.Features)) throw Refused(ModelRefusal.FeaturesDiffer, "the model's features are not those of the manifest, in its order");
        if (FeatureHash.Of(manifest.Features, manifest.Definitions) != manifest.FeaturesHash) throw Refused(ModelRefusal.FeaturesDiffer, "the hash is not that of the features and their definitions");
        if (definitions is not null && manifest.Definitions is { } learnt && learnt != definitions)
        {
            throw Refused(ModelRefusal.DefinitionsDiffer, $"it learnt from features of the fingerprint {learnt}; this node computes those of {definitions}");
        }
    }

    /// <summary>The features of a model's file, in its order.</summary>
    /// <exception cref="ModelRefusedException">It is no such model.</exception>
    private ImmutableArray<string> FeaturesOf(ModelKind kind, byte[] model)
    {
        try
        {
            if (kind == ModelKind.Linear) return LinearFile.Read(model).Features;
            Forest forest = ForestFile.Read(model, _limits);
            bool asSaid = forest.Source == (kind == ModelKind.LightGbm ? "lightgbm" : "xgboost");
            return asSaid ? forest.Features : throw Refused(ModelRefusal.ModelMalformed, $"the manifest says {kind}; the file is of {forest.Source}");
        }
        catch (Exception fault) when (fault is ForestException or InvalidDataException)
        {
            throw Refused(ModelRefusal.ModelMalformed, fault.Message);
        }
    }

    private static ModelManifest Parse(ReadOnlySpan<byte> payload)
    {
        try
        {
            ModelManifest manifest = ManifestJson.Read(payload);
            return manifest.Format == ModelManifest.CurrentFormat && ModelDigest.IsOne(manifest.Digest) && manifest.Bytes > 0 && !manifest.Features.IsDefault
                ? manifest
                : throw Refused(ModelRefusal.ManifestMalformed, $"expected the format {ModelManifest.CurrentFormat}, a SHA-256, a size and features");
        }
        catch (JsonException fault)
        {
            throw Refused(ModelRefusal.ManifestMalformed, fault.Message);
        }
    }

    private static ModelRefusedException Refused(ModelRefusal reason, string detail) => new(reason, detail);
}
