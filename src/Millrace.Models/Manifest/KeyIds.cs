using System.Security.Cryptography;
using Millrace.Models.Shelf;

namespace Millrace.Models.Manifest;

/// <summary>Keys from PEM, and their names: SHA-256 of the public half's SubjectPublicKeyInfo, as <c>openssl pkey -pubin -outform DER | sha256sum</c> prints it.</summary>
internal static class KeyIds
{
    private const string P256 = "1.2.840.10045.3.1.7";

    internal static string Of(ECDsa key) => ModelDigest.Of(key.ExportSubjectPublicKeyInfo());

    /// <exception cref="InvalidDataException">It is no such key.</exception>
    internal static ECDsa Read(string pem, bool isPrivate)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(pem);
            ECParameters parameters = key.ExportParameters(isPrivate);
            return parameters.Curve.Oid.Value == P256 ? key : throw new InvalidDataException("expected a key of the curve P-256 (prime256v1)");
        }
        catch (Exception fault) when (fault is ArgumentException or CryptographicException or InvalidDataException)
        {
            key.Dispose();
            throw fault as InvalidDataException ?? new InvalidDataException($"expected {(isPrivate ? "a private" : "a public")} key of P-256 in PEM: {fault.Message}", fault);
        }
    }
}
