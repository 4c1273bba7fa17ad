using System.Collections.Immutable;
using Millrace.Delivery.FrontEnd.Tls;

namespace Millrace.Node.Configuration;

/// <summary>TLS of the delivery listener: its shape, its record, and the check that one setting alone cannot make.</summary>
/// <param name="Listen">Where; null when no TLS is spoken.</param>
/// <param name="Certificates">The first is shown to clients that ask for no name that is known.</param>
internal sealed record TlsSection(ListenAddress? Listen, ImmutableArray<CertificateFiles> Certificates)
{
    private const int MaxCertificates = 1_000;
    private const int MaxNames = 100;

    public static ObjectShape Shape { get; } = new("a mapping",
    [
        new("listen", Scalars.Address, "Where HTTP/1.1 and HTTP/2 are served over TLS, beside `listen.delivery`. Without it no TLS is spoken."),
        new("certificates", new ListShape("a list of certificates", new ObjectShape("a certificate like {certificate: site.pem, key: site.key}",
        [
            new("certificate", Scalars.Line("a file", 4096), "A PEM file: the certificate, then its chain. Read anew within ten seconds of a change, or at once on SIGHUP; a bad one is logged, and the old one stays.", Required: true),
            new("key", Scalars.Line("a file", 4096), "A PEM file with its private key.", Required: true),
            new("names", new ListShape("a list of host names", Scalars.Line("a host name like 'a.example' or '*.a.example'", 255), 0, MaxNames), "The names that it is shown for. Without them, those that it holds itself."),
        ]), 0, MaxCertificates), "Chosen by the name that a client asks for: exactly, else by a wildcard of one label, else the first.", Reloads: true),
    ]);

    public static TlsSection Bind(BoundObject tls) => new(
        tls["listen"].Value as ListenAddress,
        [.. tls["certificates"].Items.Select(static one => new CertificateFiles(
            one.Object!.Get<string>("certificate"), one.Object!.Get<string>("key"), [.. one.Object!["names"].Items.Select(static name => name.Text!)]))]);

    public static void Check(BoundObject? tls, ConfigFaults faults)
    {
        if (tls?["listen"] is { Value: not null } listen && tls["certificates"].Items.IsEmpty)
        {
            faults.Add(new ConfigFault(listen.Mark, tls["certificates"].Path, "at least one certificate, since tls.listen is set", "none"));
        }
    }
}
