using System.Diagnostics.Metrics;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Millrace.Api;
using Millrace.Decisions;
using Millrace.Decisions.Explain;
using Millrace.Delivery;
using Millrace.Delivery.Purge;
using Millrace.Delivery.Routes;
using Millrace.Flywheel;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Local;
using Millrace.Tests.Journal;

namespace Millrace.Tests.Api;

/// <summary>The API alone, over a journal whose disk fails on command.</summary>
internal sealed class ScantApi : IAsyncDisposable
{
    private readonly MemorySubjectKeys _keys;
    private readonly Meter _meter = new("Millrace.Test");
    private readonly HttpClient _http = new();
    private readonly WebApplication _app;
    private readonly DeliveryPlane _plane = new(new DeliveryOptions(), RouteTable.Empty, null, TimeProvider.System);
    private PurgeFollower _purges = null!;

    private ScantApi(LocalJournal journal, MemorySubjectKeys keys, WebApplication app)
    {
        (Journal, _keys, _app) = (journal, keys, app);
    }

    public LocalJournal Journal { get; }

    /// <summary>Who was forgotten in memory: user and sessions.</summary>
    public List<string[]> Forgotten { get; } = [];

    /// <summary>What the API called a fault of its own.</summary>
    public List<Exception> Faults { get; } = [];

    /// <summary>Starts the API.</summary>
    /// <param name="data">The journal's directory.</param>
    /// <param name="files">Its disk.</param>
    /// <param name="cancellation">Gives up the start.</param>
    /// <param name="decide">Decides; by default nobody asks.</param>
    /// <param name="purge">Where purges go; by default to the journal and a plane that follows it.</param>
    /// <param name="clock">The API's clock; by default the system's.</param>
    /// <param name="admin">Whether it is the admin listener's part.</param>
    /// <param name="guard">Stands between erasures and the keys; by default nothing does.</param>
    /// <param name="settle">Writes what waits behind replies; by default nothing does.</param>
    /// <param name="sessionsOf">The sessions of a user; by default none is known.</param>
    public static async Task<ScantApi> StartAsync(
        string data, FaultyFiles files, CancellationToken cancellation, Func<DecideRequest, Decided>? decide = null, IPurge? purge = null, TimeProvider? clock = null, bool admin = false, Func<string, string, IReadOnlyList<string>>? sessionsOf = null,
        Func<ISubjectKeys, ISubjectKeys>? guard = null, Func<IJournal, Task>? settle = null,
        Func<EvaluationDraft, CancellationToken, Task<JournalJudgement>>? evaluate = null)
    {
        var keys = new MemorySubjectKeys();
        var journal = await LocalJournal.OpenAsync(new JournalOptions { Directory = data }, TimeProvider.System, keys, files);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRoutingCore();
        var app = builder.Build();
        var api = new ScantApi(journal, keys, app);
        var limits = new ApiLimits();
        var ids = 0;
        var metrics = new ApiMetrics(api._meter);
        var tokens = new DeliveryTokens(new byte[32]);
        api._purges = await api._plane.FollowAsync(new PurgeToDelivery(journal, "journal", TimeProvider.System), static _ => { }, cancellation);
        app.UseRouting();
        Action<Microsoft.AspNetCore.Routing.IEndpointRouteBuilder, ApiServices> map = admin ? AdminEndpoints.Map : ApiEndpoints.Map;
        map(app, new ApiServices
        {
            Journal = journal,
            Clock = clock ?? TimeProvider.System,
            NewId = () => $"fact-{Interlocked.Increment(ref ids)}",
            Decide = (asked, _) => (decide ?? throw new InvalidOperationException("nobody decides here"))(asked),
            Recall = (_, _) => null,
            Surfaces = () => ["home"],
            BodyUrl = (_, _) => null,
            Explain = (_, _) => new Explanation(ExplainVerdict.PolicyMissing),
            Replay = _ => new("notRecorded", []),
            Evaluate = evaluate ?? (static (_, _) => throw new InvalidOperationException("nobody evaluates here")),
            Urls = new DeliveryUrls(tokens),
            Tokens = new EventTokens(tokens, TimeProvider.System),
            Purge = purge ?? new PurgeToJournal(
                journal,
                api._purges,
                "edge",
                () => RouteTable.Empty),
            SettleDecisions = _ => settle?.Invoke(journal) ?? Task.CompletedTask,
            Keys = guard?.Invoke(keys) ?? keys,
            SessionsOf = sessionsOf ?? (static (_, _) => []),
            Forget = (_, user, sessions) => api.Forgotten.Add([user, .. sessions]),
            DigestOf = new SubjectDigests(new byte[32]).Of,
            Memory = await ApiMemory.OpenAsync(journal, TimeProvider.System, limits, metrics, cancellation),
            Metrics = metrics,
            Limits = limits,
            Faulted = api.Faults.Add,
        });
        app.UseEndpoints(_ => { });
        await app.StartAsync(cancellation);
        return api;
    }

    public async Task<(Answer Answer, TimeSpan? RetryAfter)> PostAsync(string path, string body, string contentType, CancellationToken cancellation)
    {
        var url = _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        using var response = await _http.PostAsync(new Uri(url + path), content, cancellation);
        var answer = new Answer((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType, await response.Content.ReadAsStringAsync(cancellation));
        return (answer, response.Headers.RetryAfter?.Delta);
    }

    public async Task<Answer> DeleteAsync(string path, CancellationToken cancellation)
    {
        var url = _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        using var response = await _http.DeleteAsync(new Uri(url + path), cancellation);
        return new Answer((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType, await response.Content.ReadAsStringAsync(cancellation));
    }

    /// <summary>The ids of all events, or the items of all changes, that are durable; sorted.</summary>
    public async Task<string[]> StoredAsync(JournalStream stream, CancellationToken cancellation)
    {
        var found = new List<string>();
        for (var p = 0; p < Journal.Partitions(stream); p++)
        {
            var facts = await Journal.ReadAsync(stream, p, 0, 100_000, cancellation);
            found.AddRange(facts.Select(f => f.Fact is ItemChanged item ? item.Item : f.Fact.Id));
        }

        return [.. found.Order(StringComparer.Ordinal)];
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.DisposeAsync();
        await _purges.DisposeAsync();
        _plane.Dispose();
        await Journal.DisposeAsync();
        _keys.Dispose();
        _meter.Dispose();
    }
}
