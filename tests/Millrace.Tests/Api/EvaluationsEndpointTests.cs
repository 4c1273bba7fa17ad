using System.Text;
using Microsoft.Extensions.Time.Testing;
using Millrace.Learning.Evaluation.OffPolicy;
using Millrace.Tests.Journal;

namespace Millrace.Tests.Api;

/// <summary>POST /v1/evaluations, on a node that decided and saw what came of it.</summary>
public sealed class EvaluationsEndpointTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("millrace-evaluate").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task The_policy_that_decides_is_worth_what_was_logged_and_a_gate_above_it_fails()
    {
        await using var node = await ApiNode.StartAsync(_data, Cancellation);
        for (var i = 0; i < 120; i++)
        {
            var decided = await PostAsync(node, "/v1/decide", $$"""{"surface": "home", "decisionId": "d{{i}}", "session": "s{{i}}", "candidates": [{"id": "a"}, {"id": "b"}, {"id": "c"}, {"id": "d"}]}""");
            var item = (string)decided.Json["slots"]![0]!["items"]![0]!["id"]!;
            Assert.Equal(202, (await PostAsync(node, "/v1/events", $$"""{"events": [{"id": "e{{i}}", "type": "click", "item": "{{item}}", "decisionId": "d{{i}}"}]}""")).Status);
        }

        await node.Services.Decisions.SettleAsync(Cancellation);
        var found = await PostAsync(node, "/v1/evaluations", """{"surface": "home", "estimators": ["rips"], "gates": ["rips.low>=current"]}""");
        Assert.Equal((200, "pass", 120), (found.Status, (string)found.Json["verdict"]!, (int)found.Json["decisions"]!));
        Assert.Equal(1, (double)found.Json["rips"]!["value"]!, 1e-9);
        Assert.Null(found.Json["sips"]);
        Assert.Equal("fail", (string)(await PostAsync(node, "/v1/evaluations", """{"surface": "home", "gates": ["rips.value>=2"]}""")).Json["verdict"]!);
    }

    [Fact]
    public async Task What_is_not_understood_is_refused_with_its_place()
    {
        await using var node = await ApiNode.StartAsync(_data, Cancellation);
        Assert.Equal((400, "/gates/0"), await FaultAsync(node, """{"surface": "home", "gates": ["rips.low"]}"""));
        Assert.Equal((400, "/estimators/0"), await FaultAsync(node, """{"surface": "home", "estimators": ["dr2"]}"""));
        Assert.Equal((400, "/policy"), await FaultAsync(node, """{"surface": "home", "policy": "nobody"}"""));
        Assert.Equal((400, "/event"), await FaultAsync(node, """{"surface": "home", "event": "value:"}"""));
        Assert.Equal(400, (await PostAsync(node, "/v1/evaluations", """{"surface": "home", "other": 1}""")).Status);
        Assert.Equal(400, (await PostAsync(node, "/v1/evaluations", "{}")).Status);
        Assert.Equal(404, (await PostAsync(node, "/v1/evaluations", """{"surface": "nowhere"}""")).Status);
        var nothing = await PostAsync(node, "/v1/evaluations", """{"surface": "home"}""");
        Assert.Equal((200, NotEvaluableReason.NothingLogged.Word()), (nothing.Status, (string)nothing.Json["reasons"]![0]!));
    }

    [Fact]
    public async Task One_runs_at_a_time_and_none_for_more_than_a_minute()
    {
        FakeTimeProvider clock = new();
        TaskCompletionSource begun = new();
        await using var api = await ScantApi.StartAsync(_data, new FaultyFiles(), Cancellation, clock: clock, admin: true, evaluate: async (_, cancellation) =>
        {
            begun.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, clock, cancellation);
            throw new InvalidOperationException("it was to be given up");
        });
        const string Body = """{"surface": "home"}""";
        var first = api.PostAsync("/v1/evaluations", Body, "application/json", Cancellation);
        await begun.Task.WaitAsync(TimeSpan.FromSeconds(20), Cancellation);
        var (second, _) = await api.PostAsync("/v1/evaluations", Body, "application/json", Cancellation);
        Assert.Equal((429, "urn:millrace:busy"), (second.Status, second.Reason));
        clock.Advance(TimeSpan.FromMinutes(1));
        var (late, _) = await first;
        Assert.Equal((422, "urn:millrace:tooLong"), (late.Status, late.Reason));
    }

    private static async Task<(int Status, string? Pointer)> FaultAsync(ApiNode node, string body)
    {
        var answer = await PostAsync(node, "/v1/evaluations", body);
        return (answer.Status, (string?)answer.Json["errors"]?[0]?["pointer"]);
    }

    private static Task<Answer> PostAsync(ApiNode node, string path, string body) => node.SendAsync(HttpMethod.Post, path, Encoding.UTF8.GetBytes(body), "application/json", Cancellation);
}
