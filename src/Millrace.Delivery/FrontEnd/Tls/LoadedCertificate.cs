using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Millrace.Delivery.FrontEnd.Tls;

/// <summary>A certificate in force, with everything that a handshake needs made once, which also lets sessions be resumed.</summary>
internal sealed class LoadedCertificate
{
    private LoadedCertificate(SslServerAuthenticationOptions options, IReadOnlyList<string> names) => (Options, Names) = (options, names);

    public SslServerAuthenticationOptions Options { get; }

    /// <summary>Host names in lower case; one that begins with <c>*.</c> stands for one label.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Reads a certificate, its chain and its key.</summary>
    /// <exception cref="CryptographicException">A file is no PEM, or the key is another's.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be read.</exception>
    public static LoadedCertificate Load(CertificateFiles files)
    {
        using var pem = X509Certificate2.CreateFromPemFile(files.Certificate, files.Key);

        // A key from PEM lives in memory alone, which not every platform's TLS can use; PKCS #12 and back makes it one that all can.
        var certificate = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pfx), null);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(files.Certificate);
        var names = files.Names.Count > 0 ? files.Names : NamesOf(certificate);
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(certificate, [.. chain.Skip(1)], offline: true),
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
        };
        return new LoadedCertificate(options, [.. names.Select(static name => name.ToLowerInvariant())]);
    }

    private static IReadOnlyList<string> NamesOf(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault() is { } names
            ? [.. names.EnumerateDnsNames()]
            : [certificate.GetNameInfo(X509NameType.DnsName, forIssuer: false)];
}
