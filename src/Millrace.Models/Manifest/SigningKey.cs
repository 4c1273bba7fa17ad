using System.Security.Cryptography;

namespace Millrace.Models.Manifest;

/// <summary>Signs manifests: ECDSA on P-256 with SHA-256. <c>openssl ecparam -genkey -name prime256v1 -noout</c> makes one.</summary>
public sealed class SigningKey : IDisposable
{
    private readonly ECDsa _key;

    private SigningKey(ECDsa key) => (_key, Id) = (key, KeyIds.Of(key));

    /// <summary>Names the key: <see cref="KeyIds"/>.</summary>
    public string Id { get; }

    /// <summary>The half that others verify by, as PEM.</summary>
    public string PublicPem => _key.ExportSubjectPublicKeyInfoPem() + "\n";

    /// <summary>All of it, as PEM (PKCS #8): a secret.</summary>
    public string PrivatePem => _key.ExportPkcs8PrivateKeyPem() + "\n";

    /// <summary>A new one.</summary>
    public static SigningKey Create() => new(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    /// <exception cref="InvalidDataException">It is no private key of P-256.</exception>
    public static SigningKey FromPem(string pem) => new(KeyIds.Read(pem, isPrivate: true));

    public SignedManifest Sign(ModelManifest manifest)
    {
        byte[] payload = ManifestJson.Write(manifest);
        return new(payload, Id, _key.SignData(SignedManifest.ToBeSigned(payload), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
    }

    public void Dispose() => _key.Dispose();
}
