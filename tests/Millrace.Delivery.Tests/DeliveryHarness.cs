using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Time.Testing;
using Millrace.Delivery.FrontEnd;
using Millrace.Delivery.Routes;

namespace Millrace.Delivery.Tests;

/// <summary>An origin, a plane before it and a client, over real sockets; the plane's clock is virtual.</summary>
internal sealed class DeliveryHarness : IAsyncDisposable, IDeliverySink
{
    private readonly ConcurrentQueue<DeliveryRecord> _records = new();
    private readonly SemaphoreSlim _ended = new(0);
    private TestServer _origin = null!;
    private FrontDoor _door = null!;
    private TestServer _edge = null!;
    private int _originRequests;

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));

    public DeliveryPlane Plane { get; private set; } = null!;

    public HttpMessageInvoker Client { get; } = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, AutomaticDecompression = DecompressionMethods.None });

    public int OriginRequests => Volatile.Read(ref _originRequests);

    public Uri Edge => _edge.Address;

    public Uri Origin => _origin.Address;

    public static async Task<DeliveryHarness> StartAsync(
        RequestDelegate origin, DeliveryOptions? options = null, Contract? contract = null, FrontDoorOptions? door = null)
    {
        var harness = new DeliveryHarness();
        harness._origin = await TestServer.StartAsync(context =>
        {
            Interlocked.Increment(ref harness._originRequests);
            context.Response.Headers.Date = harness.Time.GetUtcNow().ToString("R", System.Globalization.CultureInfo.InvariantCulture);
            return origin(context);
        });
        var routes = RouteTable.Create([new Route("127.0.0.1/*", harness._origin.Address, contract ?? Contract.Available)]);
        harness.Plane = new DeliveryPlane(options ?? new DeliveryOptions(), routes, harness, harness.Time);
        harness._door = new FrontDoor(door ?? new FrontDoorOptions(), harness.Plane, harness.Time);
        harness._edge = await TestServer.StartAsync(harness._door);
        return harness;
    }

    public void Delivered(in DeliveryRecord record)
    {
        _records.Enqueue(record);
        _ended.Release();
    }

    /// <summary>The next record, once a response has ended.</summary>
    public async Task<DeliveryRecord> RecordAsync()
    {
        Assert.True(await _ended.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
        Assert.True(_records.TryDequeue(out var record));
        return record;
    }

    public Task<HttpResponseMessage> SendAsync(string target, params (string Name, string Value)[] headers) => SendAsync(HttpMethod.Get, target, null, headers);

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string target, HttpContent? body, params (string Name, string Value)[] headers)
    {
        using var message = new HttpRequestMessage(method, new Uri($"{Edge.GetLeftPart(UriPartial.Authority)}{target}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true })) { Content = body };
        foreach (var (name, value) in headers)
        {
            Assert.True(message.Headers.TryAddWithoutValidation(name, value));
        }

        return await Client.SendAsync(message, TestContext.Current.CancellationToken);
    }

    /// <summary>Sends and reads to the end.</summary>
    public async Task<Reply> GetAsync(string target, params (string Name, string Value)[] headers)
    {
        using var response = await SendAsync(target, headers);
        return await Reply.OfAsync(response);
    }

    /// <summary>Once no fetch is under way: a client may have its last byte before the object is kept.</summary>
    public Task SettledAsync() => UntilAsync(() => Plane.Core.Flights == 0);

    /// <summary>Once what was fetched is on disk.</summary>
    public async Task WrittenAsync()
    {
        await SettledAsync();
        await Plane.Core.Disk!.FlushAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Waits for what another thread is about to bring about.</summary>
    public static async Task UntilAsync(Func<bool> holds)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!holds())
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _edge.DisposeAsync();
        _door.Dispose();
        await Plane.DisposeAsync();
        await _origin.DisposeAsync();
        _ended.Dispose();
    }
}

/// <summary>A response read to its end.</summary>
internal sealed record Reply(int Status, byte[] Body, string CacheStatus, Dictionary<string, string> Headers)
{
    public string Text => System.Text.Encoding.UTF8.GetString(Body);

    public static async Task<Reply> OfAsync(HttpResponseMessage response)
    {
        var body = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        var headers = response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated)
            .ToDictionary(static field => field.Key, static field => string.Join(", ", field.Value), StringComparer.OrdinalIgnoreCase);
        return new Reply((int)response.StatusCode, body, headers.GetValueOrDefault("Cache-Status", ""), headers);
    }
}
