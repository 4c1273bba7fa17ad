using System.Diagnostics;
using CsCheck;
using Millrace.Models.Manifest;
using Millrace.Models.Shelf;
using Millrace.Models.Trees;

namespace Millrace.Tests.Models.Manifest;

public sealed class ManifestVerifierTests : IDisposable
{
    private readonly ManifestScene _scene = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("millrace-").FullName;

    public void Dispose()
    {
        _scene.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void What_was_signed_is_read_back_and_its_model_taken()
    {
        var manifest = _scene.Manifest();
        var read = _scene.Verifier().Manifest(_scene.Key.Sign(manifest).ToBytes(), "home-click", 1);
        Assert.Equal(ManifestJson.Write(manifest), ManifestJson.Write(read));
        _scene.Verifier().Check(read, _scene.Model);
    }

    [Fact]
    public void An_envelope_with_any_bit_flipped_is_refused()
    {
        byte[] whole = _scene.Key.Sign(_scene.Manifest()).ToBytes();
        var verifier = _scene.Verifier();
        var reasons = new HashSet<ModelRefusal>();
        for (int bit = 0; bit < whole.Length * 8; bit++)
        {
            byte[] flipped = [.. whole];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            reasons.Add(Assert.Throws<ModelRefusedException>(() => verifier.Manifest(flipped)).Reason);
        }

        Assert.Equal([ModelRefusal.EnvelopeMalformed, ModelRefusal.KeyUnknown, ModelRefusal.SignatureWrong], reasons.Order());
    }

    [Fact]
    public void A_model_with_any_bit_flipped_is_refused_unparsed()
    {
        byte[] envelope = _scene.Key.Sign(_scene.Manifest()).ToBytes();
        Gen.Int[0, (_scene.Model.Length * 8) - 1].Sample(bit =>
        {
            byte[] flipped = [.. _scene.Model];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            return _scene.RefusalOf(envelope, flipped) == ModelRefusal.DigestDiffers;
        }, iter: 2_000, threads: 1);
    }

    [Fact]
    public void A_truncated_model_another_key_and_another_name_are_refused()
    {
        byte[] envelope = _scene.Key.Sign(_scene.Manifest()).ToBytes();
        Assert.Equal(ModelRefusal.SizeDiffers, _scene.RefusalOf(envelope, _scene.Model[..^1]));
        using var stranger = SigningKey.Create();
        Assert.Equal(ModelRefusal.KeyUnknown, _scene.RefusalOf(stranger.Sign(_scene.Manifest()).ToBytes(), _scene.Model));
        var forged = stranger.Sign(_scene.Manifest()) with { KeyId = _scene.Key.Id };
        Assert.Equal(ModelRefusal.SignatureWrong, _scene.RefusalOf(forged.ToBytes(), _scene.Model));
        Assert.Equal(ModelRefusal.NameDiffers, Assert.Throws<ModelRefusedException>(() => _scene.Verifier().Manifest(envelope, "home-click", 2)).Reason);
    }

    [Fact]
    public void A_second_trusted_key_signs_as_well()
    {
        using var next = SigningKey.Create();
        using var both = TrustedKeys.FromPem(_scene.Key.PublicPem, next.PublicPem);
        Assert.Equal(1, new ManifestVerifier(both).Manifest(next.Sign(_scene.Manifest()).ToBytes()).Version);
        Assert.Equal(next.Id, SigningKey.FromPem(next.PrivatePem).Id);
    }

    [Fact]
    public void Features_that_are_others_or_mean_something_else_are_refused()
    {
        var manifest = _scene.Manifest();
        Assert.Equal(ModelRefusal.FeaturesDiffer, Refused(manifest with { FeaturesHash = FeatureHash.Of(manifest.Features, "other") }));
        var swapped = manifest.Features.Reverse().ToArray();
        Assert.Equal(ModelRefusal.FeaturesDiffer, Refused(manifest with { Features = [.. swapped], FeaturesHash = FeatureHash.Of(swapped, ManifestScene.Definitions) }));
        Assert.Equal(ModelRefusal.DefinitionsDiffer, _scene.RefusalOf(_scene.Key.Sign(manifest).ToBytes(), _scene.Model, _scene.Verifier("other")));
    }

    [Fact]
    public void What_exceeds_a_bound_or_is_no_model_is_refused_though_it_is_signed()
    {
        var manifest = _scene.Manifest();
        var small = _scene.Verifier(limits: ForestLimits.Default with { Bytes = _scene.Model.Length - 1 });
        Assert.Equal(ModelRefusal.ModelTooLarge, _scene.RefusalOf(_scene.Key.Sign(manifest).ToBytes(), _scene.Model, small));
        var few = _scene.Verifier(limits: ForestLimits.Default with { Trees = 1 });
        Assert.Equal(ModelRefusal.ModelMalformed, _scene.RefusalOf(_scene.Key.Sign(manifest).ToBytes(), _scene.Model, few));
        byte[] none = "tree of nothing"u8.ToArray();
        Assert.Equal(ModelRefusal.ModelMalformed, _scene.RefusalOf(_scene.Key.Sign(manifest with { Digest = ModelDigest.Of(none), Bytes = none.Length }).ToBytes(), none));
        Assert.Equal(ModelRefusal.ManifestMalformed, Refused(manifest with { Format = 2 }));
    }

    [Fact]
    public void A_file_that_is_absent_or_grew_is_refused()
    {
        string path = Path.Combine(_folder, "model");
        var manifest = _scene.Manifest();
        Assert.Equal(ModelRefusal.ModelMissing, Assert.Throws<ModelRefusedException>(() => _scene.Verifier().Model(manifest, path)).Reason);
        File.WriteAllBytes(path, [.. _scene.Model, 10]);
        Assert.Equal(ModelRefusal.SizeDiffers, Assert.Throws<ModelRefusedException>(() => _scene.Verifier().Model(manifest, path)).Reason);
        File.WriteAllBytes(path, _scene.Model);
        Assert.Equal(_scene.Model, _scene.Verifier().Model(manifest, path));
    }

    [Fact]
    public void Openssl_verifies_what_we_signed_and_names_the_key_alike()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/openssl"), "openssl is not installed");
        var manifest = _scene.Key.Sign(_scene.Manifest());
        File.WriteAllText(At("key.pem"), _scene.Key.PublicPem);
        File.WriteAllBytes(At("signed"), SignedManifest.ToBeSigned(manifest.Payload.Span));
        File.WriteAllBytes(At("sig"), manifest.Signature.ToArray());
        Assert.Equal("Verified OK", Openssl("dgst", "-sha256", "-verify", At("key.pem"), "-signature", At("sig"), At("signed")).Trim());
        Openssl("pkey", "-pubin", "-in", At("key.pem"), "-outform", "DER", "-out", At("key.der"));
        Assert.Equal(_scene.Key.Id, ModelDigest.Of(File.ReadAllBytes(At("key.der"))));
    }

    private string At(string name) => Path.Combine(_folder, name);

    private ModelRefusal Refused(ModelManifest manifest) => _scene.RefusalOf(_scene.Key.Sign(manifest).ToBytes(), _scene.Model);

    private static string Openssl(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("/usr/bin/openssl", arguments) { RedirectStandardOutput = true })!;
        string said = process.StandardOutput.ReadToEnd();
        Assert.True(process.WaitForExit(10_000));
        return said;
    }
}
