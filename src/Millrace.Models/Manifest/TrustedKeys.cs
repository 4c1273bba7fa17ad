using System.Collections.Immutable;
using System.Security.Cryptography;

namespace Millrace.Models.Manifest;

/// <summary>The keys whose signatures are taken; several, so that one can follow another.</summary>
public sealed class TrustedKeys : IDisposable
{
    private readonly ImmutableDictionary<string, ECDsa> _keys;

    private TrustedKeys(IEnumerable<ECDsa> keys) => _keys = keys.DistinctBy(KeyIds.Of).ToImmutableDictionary(KeyIds.Of, StringComparer.Ordinal);

    /// <summary>Their names.</summary>
    public IEnumerable<string> Ids => _keys.Keys.Order(StringComparer.Ordinal);

    /// <param name="pems">One key each: the public half, or the whole.</param>
    /// <exception cref="InvalidDataException">One is no key of P-256.</exception>
    public static TrustedKeys FromPem(params IEnumerable<string> pems) => new([.. pems.Select(static pem => KeyIds.Read(pem, isPrivate: false))]);

    public bool Knows(string id) => _keys.ContainsKey(id);

    /// <summary>Whether the envelope's signature is of the key that it names, over these very bytes.</summary>
    public bool Verify(SignedManifest manifest) => _keys.TryGetValue(manifest.KeyId, out ECDsa? key)
        && key.VerifyData(SignedManifest.ToBeSigned(manifest.Payload.Span), manifest.Signature.Span, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);

    public void Dispose()
    {
        foreach (ECDsa key in _keys.Values) key.Dispose();
    }
}
