using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Millrace.Delivery.FrontEnd.Tls;

namespace Millrace.Delivery.Tests;

public sealed class TlsTests : IDisposable
{
    private static readonly DateTimeOffset Born = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly string _folder = Directory.CreateTempSubdirectory("millrace-tls").FullName;
    private readonly List<string> _refused = [];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("a.example", "CN=a.example")]
    [InlineData("A.Example", "CN=a.example")]
    [InlineData("x.b.example", "CN=*.b.example")]
    [InlineData("x.y.b.example", "CN=a.example")]
    [InlineData("b.example", "CN=a.example")]
    [InlineData("exact.b.example", "CN=exact.b.example")]
    [InlineData("listed.example", "CN=exact.b.example")]
    [InlineData("other", "CN=a.example")]
    public async Task Certificate_is_chosen_by_name(string name, string subject)
    {
        await using var door = await OpenAsync(Write("a.example"), Write("*.b.example"), Write("exact.b.example", "exact.b.example", "LISTED.example"));
        var (shown, _) = await HandshakeAsync(door, name);
        Assert.Equal(subject, shown);
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Both_versions_are_served_over_tls_from_one_store(string version)
    {
        await using var door = await OpenAsync(Write("a.example"));
        using HttpMessageInvoker client = new(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null } });
        for (var i = 0; i < 3; i++)
        {
            using HttpRequestMessage message = new(HttpMethod.Get, $"https://127.0.0.1:{door.Address.Port}/a") { Version = Version.Parse(version), VersionPolicy = HttpVersionPolicy.RequestVersionExact };
            using var response = await client.SendAsync(message, TestContext.Current.CancellationToken);
            Assert.Equal((200, version, "hello"), ((int)response.StatusCode, $"{response.Version}", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)));
        }
    }

    [Fact]
    public async Task Large_body_and_pipelined_requests_come_whole_over_tls()
    {
        var body = new string('x', 3_000_000);
        var files = Write("a.example");
        await using var door = await Door.OpenAsync(
            new RawOrigin((_, stream) => RawOrigin.SayAsync(stream, $"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: {body.Length}\r\n\r\n{body}")),
            certificates: time => new CertificateStore([files], _refused.Add, time));
        var (_, tls) = await HandshakeAsync(door, "a.example");
        await tls.WriteAsync(Encoding.Latin1.GetBytes("GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"), TestContext.Current.CancellationToken);
        using StreamReader reader = new(tls, Encoding.Latin1);
        var text = await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.Equal(2, text.Split(body).Length - 1);
        Assert.Equal(2, text.Split("HTTP/1.1 200 OK").Length - 1);
    }

    [Fact]
    public async Task Large_bodies_of_many_streams_come_whole_over_tls()
    {
        var body = new string('x', 3_000_000);
        var files = Write("a.example");
        await using var door = await Door.OpenAsync(
            new RawOrigin((_, stream) => RawOrigin.SayAsync(stream, $"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: {body.Length}\r\n\r\n{body}")),
            certificates: time => new CertificateStore([files], _refused.Add, time));
        using HttpMessageInvoker client = new(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null } });
        await Task.WhenAll(Enumerable.Range(0, 12).Select(async _ =>
        {
            using HttpRequestMessage message = new(HttpMethod.Get, $"https://127.0.0.1:{door.Address.Port}/a") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
            using var response = await client.SendAsync(message, TestContext.Current.CancellationToken);
            Assert.Equal(body, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        }));
        Assert.Equal((1, 0), (door.Connections, door.BoundsHit));
    }

    [Fact]
    public async Task Changed_certificate_is_taken_and_connections_stay()
    {
        var files = Write("a.example");
        await using var door = await OpenAsync(files);
        var (_, before) = await HandshakeAsync(door, "a.example");
        Assert.Equal("HTTP/1.1 200 OK", await GetAsync(before));
        Write("renewed.example", into: files);
        var shown = "";
        await door.PassUntilAsync(() => (shown = HandshakeAsync(door, "a.example").GetAwaiter().GetResult().Subject) == "CN=renewed.example");
        Assert.Equal("HTTP/1.1 200 OK", await GetAsync(before));
        Assert.Empty(_refused);
    }

    [Fact]
    public async Task Bad_certificate_is_told_once_and_the_old_one_stays_until_a_good_one_comes()
    {
        var files = Write("a.example");
        var other = Write("b.example");
        FakeTimeProvider time = new(Born);
        using CertificateStore store = new([files, other], _refused.Add, time);
        await File.WriteAllTextAsync(files.Certificate, "-----BEGIN CERTIFICATE-----\nbad\n", TestContext.Current.CancellationToken);
        Write("c.example", into: other);
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Single(_refused);
        Assert.Contains(files.Certificate, _refused[0], StringComparison.Ordinal);
        Assert.Equal(["CN=a.example", "CN=c.example"], [Shown(store, "a.example"), Shown(store, "c.example")]);

        // Another's key is as bad as no certificate.
        File.Copy(other.Certificate, files.Certificate, overwrite: true);
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(2, _refused.Count);
        Assert.Equal("CN=a.example", Shown(store, "a.example"));
        Write("d.example", into: files);
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal("CN=d.example", Shown(store, "d.example"));
        Assert.Equal(2, _refused.Count);
    }

    [Fact]
    public void Store_does_not_begin_with_a_bad_certificate()
    {
        CertificateFiles absent = new(Path.Combine(_folder, "none.pem"), Path.Combine(_folder, "none.key"), []);
        var fault = Assert.Throws<ArgumentException>(() => new CertificateStore([Write("a.example"), absent], _refused.Add, new FakeTimeProvider()));
        Assert.Contains("none.pem", fault.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new CertificateStore([], _refused.Add, new FakeTimeProvider()));
    }

    private static string Shown(CertificateStore store, string name) => store.Select(name).ServerCertificateContext!.TargetCertificate.Subject;

    private static async Task<string> GetAsync(SslStream tls)
    {
        await tls.WriteAsync("GET /a HTTP/1.1\r\nHost: h\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        var buffer = new byte[4096];
        var read = await tls.ReadAtLeastAsync(buffer, 100, cancellationToken: TestContext.Current.CancellationToken);
        return Encoding.Latin1.GetString(buffer, 0, read).Split("\r\n")[0];
    }

    private static async Task<(string Subject, SslStream Stream)> HandshakeAsync(Door door, string name)
    {
        TcpClient client = new();
        await client.ConnectAsync(IPAddress.Loopback, door.Address.Port, TestContext.Current.CancellationToken);
        SslStream tls = new(client.GetStream(), false, static (_, certificate, _, _) => certificate is not null);
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions { TargetHost = name, EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13 }, TestContext.Current.CancellationToken);
        return (tls.RemoteCertificate!.Subject, tls);
    }

    private Task<Door> OpenAsync(params CertificateFiles[] files) => Door.OpenAsync(
        new RawOrigin((_, stream) => RawOrigin.SayAsync(stream, "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 5\r\n\r\nhello")),
        certificates: time => new CertificateStore(files, _refused.Add, time));

    /// <summary>Makes a certificate of one name, and its key, as PEM files.</summary>
    private CertificateFiles Write(string name, params string[] names) => Write(name, null, names);

    private CertificateFiles Write(string name, CertificateFiles? into, params string[] names)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new($"CN={name}", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder alternative = new();
        alternative.AddDnsName(name);
        request.CertificateExtensions.Add(alternative.Build());
        using var certificate = request.CreateSelfSigned(Born, Born.AddYears(30));
        into ??= new CertificateFiles(Path.Combine(_folder, $"{name.Replace('*', '_')}.pem"), Path.Combine(_folder, $"{name.Replace('*', '_')}.key"), names);
        File.WriteAllText(into.Certificate, certificate.ExportCertificatePem());
        File.WriteAllText(into.Key, key.ExportPkcs8PrivateKeyPem());
        return into;
    }
}
