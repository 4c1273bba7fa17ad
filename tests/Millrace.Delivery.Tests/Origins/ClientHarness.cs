using System.Text;
using Microsoft.Extensions.Time.Testing;
using Millrace.Delivery.Origins;
using Millrace.Delivery.Requests;
using Millrace.Delivery.Routes;

namespace Millrace.Delivery.Tests.Origins;

/// <summary>An origin client on a virtual clock, and requests for it.</summary>
internal sealed class ClientHarness : IDisposable
{
    public ClientHarness(Uri origin, DeliveryOptions? options = null, IConnector? connector = null)
    {
        Route = new Route("*/*", origin, Contract.Available);
        options ??= new DeliveryOptions();
        Client = connector is null ? new OriginClient(options, Time) : new OriginClient(options, Time, null, connector);
    }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));

    public OriginClient Client { get; }

    public Route Route { get; }

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    public static UpstreamRequest Request(string method = "GET", string target = "/a", params (string Name, string Value)[] fields)
    {
        DeliveryRequest request = new();
        request.SetMethod(Encoding.Latin1.GetBytes(method));
        request.SetAuthority("site.example"u8);
        request.SetTarget(Encoding.Latin1.GetBytes(target));
        foreach (var (name, value) in fields)
        {
            request.Headers.Add(name, value);
        }

        return UpstreamRequest.Of(request, request.Target, new UpstreamFields(request, "edge"));
    }

    public ValueTask<OriginResponse> SendAsync(
        string method = "GET", IRequestBody? body = null, OriginPace pace = OriginPace.Fill, Func<int, HeaderList, ValueTask>? interim = null, CancellationToken? cancellation = null)
    {
        var request = Request(method);
        return Client.SendAsync(Route, request, request.Headers, body, cancellation ?? Now, pace, interim);
    }

    /// <summary>Sends and reads to the end.</summary>
    public async Task<(int Status, string Body)> GetAsync(string method = "GET")
    {
        using var response = await SendAsync(method);
        return (response.Status, await ReadAsync(response));
    }

    public static async Task<string> ReadAsync(OriginResponse response, int piece = 7)
    {
        StringBuilder text = new();
        var buffer = new byte[piece];
        while (await response.ReadAsync(buffer, Now) is > 0 and var read)
        {
            text.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }

        return text.ToString();
    }

    /// <summary>The fault that a request, or the reading of its body, ends in.</summary>
    public async Task<OriginFault> FaultAsync(string method = "GET") => (await Assert.ThrowsAsync<OriginException>(() => GetAsync(method))).Fault;

    public void Dispose() => Client.Dispose();
}
