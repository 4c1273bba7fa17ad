using System.Net;
using Millrace.World.Client;

namespace Millrace.Tests.World;

public sealed class WorldClientTests : IDisposable
{
    private readonly VirtualAudience _api = new();

    public WorldClientTests() => SynchronizationContext.SetSynchronizationContext(null);

    public void Dispose() => _api.Dispose();

    [Fact]
    public async Task A_busy_system_is_asked_again_after_the_time_it_named()
    {
        var answers = new Queue<HttpResponseMessage>([Busy(2)]);
        _api.Instead = _ => answers.TryDequeue(out var answer) ? answer : null;
        var fetched = Client().FetchAsync("/page", TestContext.Current.CancellationToken);
        _api.Clock.Advance(TimeSpan.FromMilliseconds(1900));
        Assert.Single(_api.Log);
        _api.Clock.Advance(TimeSpan.FromMilliseconds(200));
        Assert.True(fetched.IsCompleted);
        // The wait belongs to the time to first byte: the visitor waited.
        Assert.InRange((await fetched).TimeToFirstByte!.Value.TotalSeconds, 2, 2.2);
    }

    [Fact]
    public async Task Attempts_are_bounded_and_giving_up_is_counted()
    {
        _api.Instead = _ => Busy(0);
        var client = Client();
        var fetched = client.FetchAsync("/page", TestContext.Current.CancellationToken);
        _api.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True(fetched.IsCompleted);
        Assert.Null((await fetched).TimeToFirstByte);
        Assert.Equal((3, 2, 1), ((int)client.Counts.Requests, (int)client.Counts.Retries, (int)client.Counts.Failed));
    }

    [Fact]
    public void A_wait_longer_than_its_patience_is_not_waited_for()
    {
        _api.Instead = _ => Busy(3600);
        Assert.True(Client().FetchAsync("/page", TestContext.Current.CancellationToken).IsCompleted);
        Assert.Single(_api.Log);
    }

    [Fact]
    public void A_refusal_is_not_repeated_and_its_words_are_kept()
    {
        _api.Instead = _ => new HttpResponseMessage(HttpStatusCode.BadRequest) { Content = new StringContent("surface: expected home") };
        var client = Client();
        Assert.True(client.FetchAsync("/page", TestContext.Current.CancellationToken).IsCompleted);
        Assert.Equal(1, client.Counts.Refused);
        Assert.Equal("GET /page: 400 surface: expected home", client.Counts.LastFault);
    }

    [Fact]
    public void A_silent_system_is_left_at_the_deadline()
    {
        using var silent = new HttpMessageInvoker(new Silent());
        var client = new WorldClient(silent, VirtualAudience.Options, _api.Clock);
        var fetched = client.FetchAsync("/page", TestContext.Current.CancellationToken);
        _api.Clock.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(fetched.IsCompleted);
        _api.Clock.Advance(TimeSpan.FromSeconds(0.2));
        Assert.True(fetched.IsCompleted);
        Assert.Equal(1, client.Counts.TimedOut);
    }

    [Fact]
    public async Task No_more_are_in_flight_or_waiting_than_allowed()
    {
        var handler = new Silent();
        using var silent = new HttpMessageInvoker(handler);
        var client = new WorldClient(silent, VirtualAudience.Options with { MaxInFlight = 3, MaxWaiting = 2 }, _api.Clock);
        var fetches = Enumerable.Range(0, 10).Select(_ => client.FetchAsync("/page", TestContext.Current.CancellationToken)).ToArray();
        Assert.Equal(3, handler.Asked);
        Assert.Equal(5, client.Counts.NoTurn);
        _api.Clock.Advance(TimeSpan.FromSeconds(6));
        await Task.WhenAll(fetches);
        Assert.Equal(5, client.Counts.TimedOut);
    }

    [Theory]
    [InlineData("http://h/a?_mr=x%2By&z=1", "x+y")]
    [InlineData("/a?z=1&_mr=abc#top", "abc")]
    [InlineData("/a?z=1", null)]
    [InlineData("/a_mr=1", null)]
    [InlineData(null, null)]
    public void The_token_is_read_from_the_url(string? url, string? token) => Assert.Equal(token, new DecisionItem("i", url, []).Token);

    [Fact]
    public void Bodies_are_asked_at_the_delivery_listener_under_the_name_of_their_host()
    {
        Assert.True(Client().FetchAsync("http://news.example:81/a?b=1", TestContext.Current.CancellationToken).IsCompleted);
        Assert.Equal("GET http://delivery.test/a?b=1 news.example:81 ", _api.Log.Single());
    }

    private static HttpResponseMessage Busy(int seconds)
    {
        var response = new HttpResponseMessage(HttpStatusCode.ServiceUnavailable);
        response.Headers.RetryAfter = new(TimeSpan.FromSeconds(seconds));
        return response;
    }

    private WorldClient Client() => new(new HttpMessageInvoker(_api), VirtualAudience.Options, _api.Clock);

    private sealed class Silent : HttpMessageHandler
    {
        public int Asked { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Asked++;
            var never = new TaskCompletionSource<HttpResponseMessage>();
            cancellationToken.Register(() => never.TrySetCanceled(cancellationToken));
            return never.Task;
        }
    }
}
