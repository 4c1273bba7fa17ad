namespace Millrace.Delivery.FrontEnd.Tls;

/// <summary>A certificate as it is configured.</summary>
/// <param name="Certificate">A PEM file: the certificate, then its chain.</param>
/// <param name="Key">A PEM file with its private key; may be the same file.</param>
/// <param name="Names">The host names that it is shown for, such as <c>a.example</c> or <c>*.a.example</c>; none: those that it holds itself.</param>
public sealed record CertificateFiles(string Certificate, string Key, IReadOnlyList<string> Names);
