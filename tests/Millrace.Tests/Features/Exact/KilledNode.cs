using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Millrace.Tests.Node;

namespace Millrace.Tests.Features.Exact;

/// <summary>The api listener of a node that is killed at random moments and started again on its data: requests that were under way are sent anew, as a patient client does.</summary>
internal sealed class KilledNode : HttpMessageHandler
{
    private static readonly TimeSpan LongestGrace = TimeSpan.FromMilliseconds(400);

    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler { UseProxy = false, PooledConnectionLifetime = TimeSpan.FromMinutes(1) });
    private readonly string _data;
    private readonly string[] _settings;
    private readonly Random _random;
    private readonly Queue<int> _kills;
    private TaskCompletionSource<NodeProcess> _up = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _killing = Task.CompletedTask;
    private string? _adminKey;
    private int _decisions;

    /// <param name="data">Its data directory.</param>
    /// <param name="settings">Its configuration.</param>
    /// <param name="decisions">Among so many decisions it is killed.</param>
    /// <param name="kills">So many times.</param>
    /// <param name="seed">Of when.</param>
    public KilledNode(string data, string[] settings, int decisions, int kills, int seed)
    {
        (_data, _settings, _random) = (data, settings, new Random(seed));
        _kills = new Queue<int>(Enumerable.Range(0, kills).Select(_ => _random.Next(decisions)).Order());
    }

    /// <summary>Decisions answered.</summary>
    public int Decisions => Volatile.Read(ref _decisions);

    /// <summary>How often it was killed under traffic.</summary>
    public int Killed { get; private set; }

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    public async Task StartAsync()
    {
        var node = await NodeProcess.UpAsync(_data, "http://127.0.0.1:9", _adminKey, _settings);
        _adminKey = node.AdminKey;
        while (await node.ReadinessAsync() != (int)HttpStatusCode.OK)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Now);
        }

        _up.SetResult(node);
    }

    /// <summary>Kills it for good.</summary>
    /// <returns>What its own watch found since its last start.</returns>
    public async Task<JsonNode> EndAsync()
    {
        await _killing;
        using var node = await _up.Task;
        using var ask = new HttpRequestMessage(HttpMethod.Get, new Uri(node.Admin, "/v1/features/skew"));
        ask.Headers.Authorization = new AuthenticationHeaderValue("Bearer", node.AdminKey);
        using var found = await _http.SendAsync(ask, Now);
        var text = await found.Content.ReadAsStringAsync(Now);
        await node.KillAsync();
        return JsonNode.Parse(text)!;
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Method == HttpMethod.Get)
        {
            // Bodies have nothing to do with features.
            return new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent([]) };
        }

        var path = request.RequestUri!.PathAndQuery;
        while (true)
        {
            var up = Volatile.Read(ref _up);
            var node = await up.Task.WaitAsync(cancellationToken);
            request.RequestUri = new Uri(node.Api, path);
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", node.AdminKey);
            try
            {
                var response = await _http.SendAsync(request, cancellationToken);
                await response.Content.LoadIntoBufferAsync(cancellationToken);
                if (path == "/v1/decide" && response.IsSuccessStatusCode)
                {
                    Decided();
                }

                return response;
            }
            catch (Exception gone) when (gone is HttpRequestException or IOException && up != Volatile.Read(ref _up))
            {
                // Killed meanwhile.
            }
        }
    }

    protected override void Dispose(bool disposing)
    {
        _http.Dispose();
        base.Dispose(disposing);
    }

    private void Decided()
    {
        lock (_kills)
        {
            _decisions++;
            if (_kills.TryPeek(out var next) && _decisions > next && _killing.IsCompletedSuccessfully)
            {
                _kills.Dequeue();
                Killed++;
                _killing = KillAsync(LongestGrace * _random.NextDouble());
            }
        }
    }

    private async Task KillAsync(TimeSpan grace)
    {
        await Task.Delay(grace, TimeProvider.System, Now);
        using var node = await _up.Task;
        Volatile.Write(ref _up, new TaskCompletionSource<NodeProcess>(TaskCreationOptions.RunContinuationsAsynchronously));
        await node.KillAsync();
        await StartAsync();
    }
}
