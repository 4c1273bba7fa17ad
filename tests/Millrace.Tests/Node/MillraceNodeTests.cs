using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Millrace.Cli;
using Millrace.Journal;
using Millrace.Node;
using Millrace.Node.Configuration;

namespace Millrace.Tests.Node;

public sealed class MillraceNodeTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("millrace-").FullName;
    private readonly HttpClient _http = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _http.Dispose();
        Directory.Delete(_data, recursive: true);
    }

    [Fact]
    public async Task A_node_starts_answers_and_stops()
    {
        await using var node = await StartAsync();
        using var ready = await _http.GetAsync(new Uri(node.Admin.Url, "/health/ready"), Cancellation);
        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
        Assert.Equal(3, new[] { node.Admin, node.Api, node.Delivery }.Select(l => l.Endpoint.Port).Distinct().Count());
        Assert.True(await node.StopAsync(Cancellation));
        await Assert.ThrowsAsync<HttpRequestException>(() => _http.GetAsync(new Uri(node.Admin.Url, "/health/live"), Cancellation));
    }

    [Fact]
    public async Task Keys_are_made_once_and_kept_as_hashes_that_only_the_owner_reads()
    {
        string[] secrets;
        await using (var first = await StartAsync())
        {
            secrets = [.. first.FirstKeys.Select(k => k.Secret)];
            Assert.Equal([KeyScope.Admin, KeyScope.Api, KeyScope.Events], first.FirstKeys.Select(k => k.Scope));
        }

        var file = Path.Combine(_data, "keys.json");
        Assert.DoesNotContain(secrets, s => File.ReadAllText(file).Contains(s, StringComparison.Ordinal));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }

        await using var second = await StartAsync();
        Assert.Empty(second.FirstKeys);
        Assert.Equal(KeyScope.Admin, second.Services.Keys.Verify(secrets[0])!.Scope);
        Assert.Null(second.Services.Keys.Verify(secrets[0][..^1] + "!"));
    }

    [Fact]
    public async Task The_admin_listener_wants_an_admin_key_except_for_health()
    {
        await using var node = await StartAsync();
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(node.Admin, "/metrics", null));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(node.Admin, "/metrics", node.FirstKeys[1].Secret));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(node.Admin, "/metrics", node.FirstKeys[0].Secret));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(node.Admin, "/health/live", null));
    }

    [Fact]
    public async Task A_browser_key_may_send_events_only()
    {
        await using var node = await StartAsync();
        var events = node.FirstKeys[2].Secret;
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(node.Api, "/v1/decide", events, HttpMethod.Post));
        Assert.NotEqual(HttpStatusCode.Forbidden, await StatusAsync(node.Api, "/v1/events", events, HttpMethod.Post));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(node.Api, "/v1/events", null, HttpMethod.Post));
    }

    [Theory]
    [InlineData("/health/live")]
    [InlineData("/metrics")]
    [InlineData("/v1/decide")]
    [InlineData("/v1/events")]
    public async Task No_path_of_ours_shadows_an_origins_on_the_delivery_listener(string path)
    {
        await using var origin = await TestOrigin.StartAsync(context => context.Response.WriteAsync($"the origin's {context.Request.Path}"), Cancellation);
        await using var node = await StartAsync($"routes=[{{match: '*/*', origin: '{origin.Url}'}}]");
        Assert.Equal($"the origin's {path}", await _http.GetStringAsync(new Uri(node.Delivery.Url, path), Cancellation));
    }

    [Fact]
    public async Task A_drain_turns_readiness_off_first_and_finishes_what_is_in_flight()
    {
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var origin = await TestOrigin.StartAsync(
            async context =>
            {
                entered.SetResult();
                await release.Task;
                await context.Response.WriteAsync("whole");
            },
            Cancellation);
        await using var node = await StartAsync($"routes=[{{match: '*/*', origin: '{origin.Url}'}}]");
        var inFlight = _http.GetStringAsync(new Uri(node.Delivery.Url, "/slow"), Cancellation);
        await entered.Task.WaitAsync(Cancellation);
        var stopping = node.StopAsync(Cancellation);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusAsync(node.Admin, "/health/ready", null));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(node.Admin, "/health/live", null));
        Assert.False(stopping.IsCompleted);
        release.SetResult();
        Assert.Equal("whole", await inFlight);
        Assert.True(await stopping);
    }

    [Fact]
    public async Task A_second_signal_cuts_what_is_in_flight()
    {
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var origin = await TestOrigin.StartAsync(
            context =>
            {
                entered.SetResult();
                return Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
            },
            Cancellation);
        await using var node = await StartAsync($"routes=[{{match: '*/*', origin: '{origin.Url}'}}]");
        var inFlight = _http.GetStringAsync(new Uri(node.Delivery.Url, "/slow"), Cancellation);
        await entered.Task.WaitAsync(Cancellation);
        using var second = new CancellationTokenSource();
        var stopping = node.StopAsync(second.Token);
        await second.CancelAsync();
        Assert.False(await stopping);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => inFlight);
    }

    [Fact]
    public async Task A_reload_puts_other_routes_in_force()
    {
        var file = Path.Combine(_data, "millrace.yaml");
        await using var origin = await TestOrigin.StartAsync(context => context.Response.WriteAsync("found"), Cancellation);
        await File.WriteAllTextAsync(file, "routes: []", Cancellation);
        await using var node = await StartFromAsync(file);
        Assert.NotEqual(HttpStatusCode.OK, await StatusAsync(node.Delivery, "/page", null));
        await File.WriteAllTextAsync(file, $"routes: [{{match: '*/*', origin: '{origin.Url}'}}]", Cancellation);
        Assert.Equal(ReloadOutcome.Applied, await node.Services.Config.ReloadAsync());
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(node.Delivery, "/page", null));
    }

    [Fact]
    public async Task A_reload_brings_new_features_without_a_restart_and_a_start_from_the_file_has_them()
    {
        var file = Path.Combine(_data, "millrace.yaml");
        await File.WriteAllTextAsync(file, "policies: {home: {candidates: [{recent: true}]}}", Cancellation);
        await using (var node = await StartFromAsync(file))
        {
            await File.WriteAllTextAsync(
                file,
                """
                routes: [{match: '*/*', origin: 'http://127.0.0.1:9'}]
                features: [{name: clicks, count: click, window: 1h}]
                policies: {home: {candidates: [{recent: true}], blend: {clicks: 1}}}
                """,
                Cancellation);
            Assert.Equal(ReloadOutcome.Applied, await node.Services.Config.ReloadAsync());
            Assert.Single(node.Services.Config.Current.Routes);
            while (node.Services.Folding.Backfill is not null)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancellation);
            }

            Assert.Equal("home@2", Assert.Single(node.Services.Serving.Current.Policies.Policies).Id);
            Assert.Equal(["clicks"], node.Services.Snapshot.Features.Names);
        }

        await using var again = await StartFromAsync(file);
        Assert.Equal("home@2", Assert.Single(again.Services.Serving.Current.Policies.Policies).Id);
        Assert.Equal(["clicks"], again.Services.Snapshot.Features.Names);
    }

    [Fact]
    public async Task Health_answers_while_the_journal_is_still_closed()
    {
        string key;
        await using (var first = await StartAsync())
        {
            key = first.FirstKeys[0].Secret;
        }

        var seen = new List<HttpStatusCode>();
        await using var node = await MillraceNode.StartAsync(
            Source(null),
            TimeProvider.System,
            async starting =>
            {
                Assert.Null(starting.Services.Journal);
                seen.Add(await StatusAsync(starting.Admin, "/health/live", null));
                seen.Add(await StatusAsync(starting.Admin, "/health/ready", null));
                seen.Add(await StatusAsync(starting.Admin, "/v1/purge", key, HttpMethod.Post));
            },
            Cancellation);
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable, HttpStatusCode.ServiceUnavailable], seen);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, await StatusAsync(node.Admin, "/v1/purge", key, HttpMethod.Post));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(node.Admin, "/nowhere", key));
    }

    [Fact]
    public async Task A_start_that_fails_makes_no_keys_that_nobody_sees()
    {
        await using var origin = await TestOrigin.StartAsync(context => context.Response.WriteAsync("in the way"), Cancellation);
        await Assert.ThrowsAsync<NodeStartException>(() => StartAsync($"listen.delivery=127.0.0.1:{new Uri(origin.Url).Port}"));
        await using var node = await StartAsync();
        Assert.Equal(3, node.FirstKeys.Count);
    }

    [Fact]
    public async Task During_the_grace_of_a_drain_requests_are_still_taken_and_a_second_signal_ends_it()
    {
        await using var node = await StartAsync();
        using var second = new CancellationTokenSource();
        var stopping = node.StopAsync(TimeSpan.FromHours(1), second.Token);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusAsync(node.Admin, "/health/ready", null));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(node.Api, "/nowhere", node.FirstKeys[1].Secret));
        Assert.False(stopping.IsCompleted);
        await second.CancelAsync();
        Assert.False(await stopping);
    }

    [Fact]
    public async Task A_refusal_for_want_of_a_key_is_a_problem_like_every_other()
    {
        await using var node = await StartAsync();
        using var answer = await _http.GetAsync(new Uri(node.Api.Url, "/v1/decide"), Cancellation);
        var problem = JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancellation))!;
        Assert.Equal(("urn:millrace:keyRequired", "A key is required"), ((string)problem["type"]!, (string)problem["title"]!));
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        Assert.True(answer.Headers.CacheControl?.NoStore);
        Assert.Equal("Bearer", answer.Headers.WwwAuthenticate.ToString());
    }

    [Fact]
    public async Task A_tenant_that_is_not_served_gets_no_key_and_an_old_key_of_one_is_refused()
    {
        string secret;
        await using (var first = await StartAsync())
        {
            secret = first.FirstKeys[1].Secret;
            Assert.Contains("to come", Assert.Throws<InvalidOperationException>(() => first.Services.Keys.Create(KeyScope.Api, "other")).Message, StringComparison.Ordinal);
            Assert.Contains("128 bytes", Assert.Throws<InvalidOperationException>(() => first.Services.Keys.Create(KeyScope.Api, new string('t', 150))).Message, StringComparison.Ordinal);
        }

        var file = Path.Combine(_data, "keys.json");
        await File.WriteAllTextAsync(file, (await File.ReadAllTextAsync(file, Cancellation)).Replace("\"default\"", "\"other\"", StringComparison.Ordinal), Cancellation);
        await using var node = await StartAsync();
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(node.Api, "/v1/decide", secret, HttpMethod.Post));
    }

    [Theory]
    [InlineData("*", "/v1/events", true)]
    [InlineData("*", "/v1/decide", false)]
    [InlineData("https://news.example", "/v1/events", true)]
    [InlineData("https://other.example", "/v1/events", false)]
    public async Task Pages_of_allowed_origins_may_send_events_and_no_more(string allowed, string path, bool may)
    {
        await using var node = await StartAsync($"browsers.origins=['{allowed}']");
        using var preflight = new HttpRequestMessage(HttpMethod.Options, new Uri(node.Api.Url, path));
        using var post = new HttpRequestMessage(HttpMethod.Post, new Uri(node.Api.Url, path));
        preflight.Headers.Add("Access-Control-Request-Method", "POST");
        preflight.Headers.Add("Access-Control-Request-Headers", "authorization, content-type");
        foreach (var request in (HttpRequestMessage[])[preflight, post])
        {
            request.Headers.Add("Origin", "https://news.example");
            using var answer = await _http.SendAsync(request, Cancellation);
            Assert.Equal(may, answer.Headers.TryGetValues("Access-Control-Allow-Origin", out var origins) && origins.Single() == "https://news.example");
            Assert.Equal(path == "/v1/events" && request == preflight ? HttpStatusCode.NoContent : HttpStatusCode.Unauthorized, answer.StatusCode);
        }
    }

    [Fact]
    public async Task A_journal_that_cannot_be_opened_is_an_unusable_data_directory()
    {
        await File.WriteAllTextAsync(Path.Combine(_data, "journal"), "in the way", Cancellation);
        var refused = await Assert.ThrowsAsync<NodeStartException>(() => StartAsync());
        Assert.Equal(ExitCode.DataUnusable, refused.Code);
    }

    [Fact]
    public async Task A_configured_policy_is_a_control_fact_and_a_restart_adds_none()
    {
        const string policy = "policies={home: {candidates: [{recent: true}]}}";
        for (var start = 0; start < 2; start++)
        {
            await using var node = await StartAsync(policy);
            Assert.Equal("home@1", Assert.Single(node.Services.Serving.Current.Policies.Policies).Id);
            Assert.Equal(1, node.Services.Journal.Range(JournalStream.Control, 0).End);
        }
    }

    [Fact]
    public async Task Two_nodes_cannot_share_a_data_directory()
    {
        await using var first = await StartAsync();
        var refused = await Assert.ThrowsAsync<NodeStartException>(() => StartAsync());
        Assert.Equal(ExitCode.DataLocked, refused.Code);
    }

    [Fact]
    public async Task A_taken_port_is_named()
    {
        await using var first = await StartAsync();
        var other = Directory.CreateDirectory(Path.Combine(_data, "other")).FullName;
        var refused = await Assert.ThrowsAsync<NodeStartException>(() => StartAsync($"listen.api=127.0.0.1:{first.Api.Endpoint.Port}", $"node.data={other}"));
        Assert.Equal(ExitCode.PortInUse, refused.Code);
        Assert.Contains("listen.api", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_access_log_that_cannot_be_opened_is_refused()
    {
        var refused = await Assert.ThrowsAsync<NodeStartException>(() => StartAsync($"accessLog.to={_data}/none/access.log"));
        Assert.Equal(ExitCode.DataUnusable, refused.Code);
        Assert.Contains("accessLog.to", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cache_alone_has_no_api_and_tells_times_to_the_first_byte()
    {
        await using var node = await StartAsync("listen.api=off");
        Assert.Null(node.ApiOrNone);
        using (var none = await _http.GetAsync(new Uri(node.Delivery.Url, "/x"), Cancellation))
        {
            Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
        }

        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(node.Admin.Url, "/metrics"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", node.FirstKeys[0].Secret);
        using var response = await _http.SendAsync(request, Cancellation);
        var metrics = await response.Content.ReadAsStringAsync(Cancellation);
        var bucket = metrics.Split('\n').First(static line => line.StartsWith("millrace_delivery_time_to_first_byte_seconds_bucket", StringComparison.Ordinal) && line.Contains("le=\"0.0005\"", StringComparison.Ordinal));
        Assert.All((string[])["route=\"\"", "outcome=\"error\"", "status=\"4xx\""], label => Assert.Contains(label, bucket, StringComparison.Ordinal));
        Assert.True(await node.StopAsync(Cancellation));
    }

    [Fact]
    public async Task Delivery_speaks_tls_and_keeps_the_old_certificate_when_a_reload_finds_a_bad_one()
    {
        var (pem, key) = (Path.Combine(_data, "site.pem"), Path.Combine(_data, "site.key"));
        using (var secret = ECDsa.Create(ECCurve.NamedCurves.nistP256))
        {
            var now = TimeProvider.System.GetUtcNow();
            using var certificate = new CertificateRequest("CN=a.example", secret, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
            File.WriteAllText(pem, certificate.ExportCertificatePem());
            File.WriteAllText(key, secret.ExportPkcs8PrivateKeyPem());
        }

        var file = Path.Combine(_data, "millrace.yaml");
        File.WriteAllText(file, $"tls: {{listen: '127.0.0.1:0', certificates: [{{certificate: '{pem}', key: '{key}'}}]}}");
        await using var node = await StartFromAsync(file);
        using var client = new HttpClient(new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, shown, _, _) => shown?.Subject == "CN=a.example" });
        for (var i = 0; i < 2; i++)
        {
            using var reply = await client.GetAsync(new Uri(node.DeliveryTls!.Url, "/none"), Cancellation);
            Assert.Equal(HttpStatusCode.NotFound, reply.StatusCode);
            client.DefaultRequestHeaders.ConnectionClose = true;
            File.WriteAllText(pem, "no certificate");
            node.Reload();
        }
    }

    [Fact]
    public void Tls_without_a_certificate_is_refused()
    {
        var refused = Assert.Throws<ConfigInvalidException>(() => Source(null, "tls.listen=127.0.0.1:0").Load());
        Assert.Contains(refused.Faults, fault => $"{fault}".Contains("tls.certificates", StringComparison.Ordinal));
    }

    private async Task<HttpStatusCode> StatusAsync(Listener listener, string path, string? key, HttpMethod? method = null)
    {
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, new Uri(listener.Url, path));
        request.Headers.Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key);
        using var response = await _http.SendAsync(request, Cancellation);
        return response.StatusCode;
    }

    private Task<MillraceNode> StartAsync(params string[] sets) => StartFromAsync(null, sets);

    private Task<MillraceNode> StartFromAsync(string? file, params string[] sets) => MillraceNode.StartAsync(Source(file, sets), TimeProvider.System, Cancellation);

    private ConfigSource Source(string? file, params string[] sets) => new(
        file,
        new Dictionary<string, string>(),
        ["listen.delivery=127.0.0.1:0", "listen.api=127.0.0.1:0", "listen.admin=127.0.0.1:0", $"node.data={_data}", "log.level=error", .. sets]);
}
