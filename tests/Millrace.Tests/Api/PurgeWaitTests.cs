using Microsoft.Extensions.Time.Testing;
using Millrace.Api;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Tests.Journal;

namespace Millrace.Tests.Api;

/// <summary>Who waits for a purge's edges is answered in bounded time, with what is known.</summary>
public sealed class PurgeWaitTests : IDisposable
{
    private const string Purge = """{"keys": ["k"], "wait": "edges"}""";

    private readonly string _data = Directory.CreateTempSubdirectory("millrace-purge").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task Edge_that_does_not_obey_in_time_is_named()
    {
        FakeTimeProvider clock = new();
        SlowEdge edge = new();
        await using var api = await ScantApi.StartAsync(_data, new FaultyFiles(), Cancellation, purge: edge, clock: clock, admin: true);
        var posting = api.PostAsync("/v1/purge", Purge, "application/json", Cancellation);
        await edge.Waited.Task.WaitAsync(TimeSpan.FromSeconds(20), Cancellation);
        clock.Advance(TimeSpan.FromSeconds(10));
        var (answer, _) = await posting;
        Assert.Equal((200, 7, """{"obeyed":[],"waiting":["far"]}"""), (answer.Status, (int)answer.Json["position"]!["offset"]!, answer.Json["edges"]!.ToJsonString()));
        Assert.Null(answer.Json["voided"]);
    }

    /// <summary>The purge is durable by then: a failure would have the client purge again, and learn no more.</summary>
    [Fact]
    public async Task Edge_that_cannot_hear_of_it_now_is_named_at_once()
    {
        await using var api = await ScantApi.StartAsync(_data, new FaultyFiles(), Cancellation, purge: new SlowEdge { Lost = true }, admin: true);
        var (answer, _) = await api.PostAsync("/v1/purge", Purge, "application/json", Cancellation);
        Assert.Equal((200, """{"obeyed":[],"waiting":["far"]}"""), (answer.Status, answer.Json["edges"]!.ToJsonString()));
    }

    [Fact]
    public async Task Edges_that_obey_are_named()
    {
        await using var api = await ScantApi.StartAsync(_data, new FaultyFiles(), Cancellation, admin: true);
        var (answer, _) = await api.PostAsync("/v1/purge", Purge, "application/json", Cancellation);
        Assert.Equal((200, 0, """{"obeyed":["edge"],"waiting":[]}"""), (answer.Status, (int)answer.Json["voided"]!, answer.Json["edges"]!.ToJsonString()));
    }

    private sealed class SlowEdge : IPurge
    {
        public bool Lost { get; init; }

        public TaskCompletionSource Waited { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public IReadOnlyList<string> Routes => [];

        public IReadOnlyList<string> Edges => ["far"];

        public string? PrefixFault(string prefix) => null;

        public ValueTask<Position> PurgeAsync(Purged purge, CancellationToken cancellation) => ValueTask.FromResult(new Position(JournalStream.Control, 0, 7));

        public bool IsTaken(Position position) => true;

        public async ValueTask<int> WaitAsync(Position position, CancellationToken cancellation)
        {
            Waited.TrySetResult();
            if (Lost)
            {
                throw new JournalFaultException("lost", new IOException("lost"));
            }

            await new TaskCompletionSource().Task.WaitAsync(cancellation);
            return 0;
        }
    }
}
