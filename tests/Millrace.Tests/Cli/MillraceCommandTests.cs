using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Millrace.Cli;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Local;
using Millrace.Node;

namespace Millrace.Tests.Cli;

public sealed class MillraceCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("millrace-").FullName;
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public void Dispose()
    {
        _output.Dispose();
        _error.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Validate_prints_all_faults_with_their_lines_and_says_so_by_its_exit_code()
    {
        var file = Write("nod: {}\nlisten: {api: x}\n");
        Assert.Equal(ExitCode.ConfigInvalid, await RunAsync("validate", "--config", file));
        Assert.Contains("bad.yaml:1:1 nod: expected", _error.ToString(), StringComparison.Ordinal);
        Assert.Contains("bad.yaml:2:15 listen.api: expected", _error.ToString(), StringComparison.Ordinal);
        Assert.Contains("2 faults", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Validate_accepts_a_good_file()
    {
        Assert.Equal(ExitCode.Ok, await RunAsync("validate", "--config", Write("listen: {api: ':9001'}")));
        Assert.Contains("ok", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Validate_warns_of_what_gives_cookies_to_everybody()
    {
        const string Route = "routes: [{match: 'a.example/*', origin: 'http://127.0.0.1:9', setCookie: store}]";
        Assert.Equal(ExitCode.Ok, await RunAsync("validate", "--config", Write(Route)));
        Assert.Contains("warning: routes[0].setCookie: 'a.example/*' gives the cookies", _output.ToString(), StringComparison.Ordinal);
        _output.GetStringBuilder().Clear();
        await RunAsync("validate", "--config", Write(Route.Replace("store", "strip", StringComparison.Ordinal)));
        Assert.DoesNotContain("warning", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Validate_warns_of_what_a_more_exact_host_serves_without_signature()
    {
        const string Routes = """
            routes:
              - {match: "*/private/*", origin: "http://127.0.0.1:9", signed: {keys: {k1: "0123456789abcdef"}}}
              - {match: "a.example/*", origin: "http://127.0.0.1:9"}
              - {match: "b.example/public/*", origin: "http://127.0.0.1:9"}
            """;
        Assert.Equal(ExitCode.Ok, await RunAsync("validate", "--config", Write(Routes)));
        Assert.Contains("warning: routes[1]: 'a.example/*' has the more exact host", _output.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("routes[2]", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Validate_warns_of_what_does_nothing()
    {
        Assert.Equal(ExitCode.Ok, await RunAsync("validate", "--config", Write("cache: {memory: 1MiB}\ntls: {certificates: [{certificate: a.pem, key: a.key}]}")));
        Assert.Contains("warning: routes: there is none", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("warning: tls.certificates: tls.listen is not set", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("warning: cache.object: it is larger than cache.memory", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_that_a_start_would_refuse_are_found_by_validate_and_by_the_doctor()
    {
        var (pem, key) = (Path.Combine(_folder, "site.pem"), Path.Combine(_folder, "site.key"));
        using (var own = ECDsa.Create(ECCurve.NamedCurves.nistP256))
        using (var another = ECDsa.Create(ECCurve.NamedCurves.nistP256))
        {
            var now = TimeProvider.System.GetUtcNow();
            using var certificate = new CertificateRequest("CN=a.example", own, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
            File.WriteAllText(pem, certificate.ExportCertificatePem());
            File.WriteAllText(key, another.ExportPkcs8PrivateKeyPem());
        }

        File.WriteAllText(Path.Combine(_folder, "file"), "");
        var file = Write($$"""
            node: {data: '{{_folder}}/data'}
            listen: {delivery: '127.0.0.1:0', api: off, admin: '127.0.0.1:0'}
            tls: {listen: '127.0.0.1:0', certificates: [{certificate: '{{pem}}', key: '{{key}}'}, {certificate: '{{_folder}}/none.pem', key: '{{key}}'}]}
            cache: {disk: '{{_folder}}/file/disk'}
            accessLog: {to: '{{_folder}}/none/access.log'}
            """);
        string[] subjects = ["tls.certificates[0]", "tls.certificates[1]", "cache.disk", "accessLog.to"];
        Assert.Equal(ExitCode.ConfigInvalid, await RunAsync("validate", "--config", file));
        Assert.All(subjects, subject => Assert.Contains($"{subject}: expected files that a start can use", _error.ToString(), StringComparison.Ordinal));
        Assert.Equal(ExitCode.Unhealthy, await RunAsync("doctor", "--config", file));
        Assert.All(subjects, subject => Assert.Contains($"fail  {subject}", _output.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_doctor_tries_folders_and_leaves_nothing_behind()
    {
        var file = Write($"node: {{data: '{_folder}/data'}}\nlisten: {{delivery: '127.0.0.1:0', api: off, admin: '127.0.0.1:0'}}\ncache: {{disk: '{_folder}/a/disk'}}\naccessLog: {{to: '{_folder}/access.log'}}");
        Assert.Equal(ExitCode.Ok, await RunAsync("doctor", "--config", file));
        Assert.Contains("ok    cache.disk", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("ok    accessLog.to", _output.ToString(), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_folder, "a")));
        Assert.False(File.Exists(Path.Combine(_folder, "access.log")));
    }

    [Fact]
    public async Task A_key_comes_by_a_file_and_is_asked_for_when_there_is_none()
    {
        var key = Path.Combine(_folder, "key");
        File.WriteAllText(key, "mr_secret\n");
        Assert.Equal(ExitCode.Usage, await RunAsync("cache", "explain", "http://a.example/", "--admin", "http://127.0.0.1:1"));
        Assert.Contains("MILLRACE_KEY", _error.ToString(), StringComparison.Ordinal);
        Assert.Equal(ExitCode.Failure, await RunAsync("cache", "explain", "http://a.example/", "--admin", "http://127.0.0.1:1", "--key-file", key));
        Assert.Contains("did not answer", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Listing_keys_makes_nothing()
    {
        var none = Path.Combine(_folder, "none");
        Assert.Equal(ExitCode.DataUnusable, await RunAsync("key", "list", "--data", none));
        Assert.False(Directory.Exists(none));
        Directory.CreateDirectory(none);
        Assert.Equal(ExitCode.Ok, await RunAsync("key", "list", "--data", none));
        Assert.Contains("there are no keys", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_named_file_that_is_not_there_is_a_fault() =>
        Assert.Equal(ExitCode.ConfigInvalid, await RunAsync("validate", "--config", Path.Combine(_folder, "none.yaml")));

    [Theory]
    [InlineData("fly")]
    [InlineData("up", "--speed")]
    [InlineData("key", "new", "--scope", "everything")]
    [InlineData("key", "new", "--tenant", "other")]
    public async Task What_is_no_command_line_is_usage(params string[] arguments) => Assert.Equal(ExitCode.Usage, await RunAsync(arguments));

    [Fact]
    public async Task Print_shows_what_is_in_force()
    {
        Assert.Equal(ExitCode.Ok, await RunAsync("config", "print", "--config", Write(""), "--set", "limits.drain=3s", "--data", "/elsewhere"));
        Assert.Contains("\"drain\": \"3s\"", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("\"data\": \"/elsewhere\"", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_are_made_listed_and_revoked()
    {
        Assert.Equal(ExitCode.Ok, await RunAsync("key", "new", "--scope", "events", "--data", _folder));
        var secret = _output.ToString().Trim();
        var id = secret.Substring(3, 8);
        Assert.Equal(ExitCode.Ok, await RunAsync("key", "list", "--data", _folder));
        Assert.Contains($"{id}  events", _output.ToString(), StringComparison.Ordinal);
        Assert.Equal(ExitCode.Ok, await RunAsync("key", "revoke", id, "--data", _folder));
        Assert.Equal(ExitCode.Failure, await RunAsync("key", "revoke", id, "--data", _folder));
    }

    [Fact]
    public async Task Keys_of_a_running_node_are_refused_with_what_to_do()
    {
        using var held = DataDirectory.Open(_folder);
        Assert.Equal(ExitCode.DataLocked, await RunAsync("key", "list", "--data", _folder));
        Assert.Contains("DELETE /v1/keys/<id>", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_doctor_reads_the_newest_facts_of_the_journal_and_finds_the_damage()
    {
        var folder = Path.Combine(_folder, "data");
        var journal = Path.Combine(folder, "journal");
        using (var keys = new MemorySubjectKeys())
        {
            await using var open = await LocalJournal.OpenAsync(new JournalOptions { Directory = journal }, TimeProvider.System, keys);
            for (var i = 0; i < 2; i++)
            {
                await open.AppendAsync(new PolicyChanged { Id = $"policy:home@{i + 1}", Policy = "home", Version = i + 1, Definition = "{}" }, TestContext.Current.CancellationToken);
            }
        }

        string[] doctor = ["doctor", "--data", folder, "--set", "listen.delivery=127.0.0.1:0", "--set", "listen.api=127.0.0.1:0", "--set", "listen.admin=127.0.0.1:0"];
        Assert.Equal(ExitCode.Ok, await RunAsync(doctor));
        Assert.Contains("ok    journal      2 facts", _output.ToString(), StringComparison.Ordinal);
        foreach (var segment in Directory.EnumerateFiles(Path.Combine(journal, "control"), "*.seg", SearchOption.AllDirectories))
        {
            var bytes = File.ReadAllBytes(segment);
            for (var i = bytes.Length / 4; i < bytes.Length / 2; i++)
            {
                bytes[i] ^= 0xff;
            }

            File.WriteAllBytes(segment, bytes);
        }

        Assert.Equal(ExitCode.Unhealthy, await RunAsync(doctor));
        Assert.Contains("fail  journal", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_doctor_says_what_to_do_about_an_origin_that_is_away()
    {
        var file = Write($"node: {{data: '{_folder}/data'}}\nlisten: {{delivery: '127.0.0.1:0', api: '127.0.0.1:0', admin: '127.0.0.1:0'}}\nroutes: [{{match: 'a/*', origin: 'http://127.0.0.1:1'}}]");
        Assert.Equal(ExitCode.Ok, await RunAsync("doctor", "--config", file));
        Assert.Contains("warn  origin", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("ok    data", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("ok    fsync", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_command_teaches_by_example()
    {
        var silent = MillraceCommand.Create(TimeProvider.System, _output).Subcommands.Where(c => c.Description?.Contains("Example", StringComparison.Ordinal) != true);
        Assert.Empty(silent.Select(c => c.Name));
    }

    [Fact]
    public void The_exit_codes_are_a_closed_set_that_never_changes() =>
        Assert.Equal(
            ["Ok=0", "Failure=1", "Usage=2", "ConfigInvalid=3", "DataLocked=4", "JournalCorrupt=5", "PortInUse=6", "DataUnusable=7", "Unhealthy=8", "DrainAborted=9", "NotEvaluable=10"],
            Enum.GetValues<ExitCode>().Select(c => $"{c}={(int)c}"));

    private string Write(string text)
    {
        var file = Path.Combine(_folder, "bad.yaml");
        File.WriteAllText(file, text);
        return file;
    }

    private async Task<ExitCode> RunAsync(params string[] arguments) =>
        (ExitCode)await MillraceCommand.RunAsync(arguments, TimeProvider.System, _output, _error);
}
