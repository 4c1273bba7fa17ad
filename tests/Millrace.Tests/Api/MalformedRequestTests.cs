using System.Text.Json.Nodes;

namespace Millrace.Tests.Api;

public sealed class MalformedRequestTests : IDisposable
{
    private const int Requests = 1_000;
    private const int Seed = 20_261_123;

    private readonly string _data = Directory.CreateTempSubdirectory("millrace-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task A_thousand_malformed_requests_are_refused_by_name_and_apply_nothing_of_what_is_wrong()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var node = await ApiNode.StartAsync(
            _data, cancellation, settings: [$"limits.requestBody={MalformedRequests.MaxBytes}", $"limits.requestLines={MalformedRequests.MaxLines}"]);
        var made = new MalformedRequests(Seed);
        var wrong = new List<string>();
        var broken = 0;
        var expected = await node.FactsAsync(cancellation);
        for (var i = 0; i < Requests; i++)
        {
            var request = made.Next();
            var answer = await node.SendAsync(request.Method, request.Path, request.Body, request.ContentType, cancellation, request.Encoding);
            var fault = request.BadRecord is { } bad ? RecordFault(answer, bad, request.Reason) : EnvelopeFault(answer);
            broken += request.BadRecord is null ? 1 : 0;
            expected = request.BadRecord is null ? expected
                : request.Path == "/v1/events" ? expected with { Events = expected.Events + request.GoodRecords }
                : expected with { Items = expected.Items + request.GoodRecords };
            var found = await node.FactsAsync(cancellation);
            fault ??= found == expected ? null : $"expected facts {expected}, found {found}";
            expected = found;
            if (fault is not null)
            {
                wrong.Add($"{i}: {request.Method} {request.Path}: {request.Fault}: {fault}: {answer.Status} {answer.Text[..Math.Min(answer.Text.Length, 300)]}");
            }
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} of {Requests}:\n{string.Join('\n', wrong.Take(25))}");
        Assert.InRange(broken, 300, 700);
    }

    /// <returns>What is wrong with the refusal of a whole request; null when nothing is.</returns>
    private static string? EnvelopeFault(Answer answer)
    {
        if (answer.Status is < 400 or > 499 || answer.ContentType != "application/problem+json")
        {
            return "expected 4xx as problem+json";
        }

        var problem = answer.Json;
        var named = problem["errors"] is JsonArray { Count: > 0 } errors
            ? errors.All(e => e!["pointer"] is not null && e["expected"] is not null)
            : ((string?)problem["detail"])?.Length > 0 && answer.Reason != "urn:millrace:invalid";
        return named && answer.Reason.StartsWith("urn:millrace:", StringComparison.Ordinal) && (int)problem["status"]! == answer.Status ? null : "expected the fault's name";
    }

    /// <returns>What is wrong with a reply that should name one bad record; null when nothing is.</returns>
    private static string? RecordFault(Answer answer, int bad, string reason)
    {
        if (answer.Status is not (200 or 202))
        {
            return "expected that the rest applies";
        }

        return answer.Json["rejected"] is JsonArray { Count: 1 } rejected
            && (int?)(rejected[0]!["index"] ?? rejected[0]!["line"]) == bad
            && (string?)rejected[0]!["reason"] == reason
            && rejected[0]!["errors"] is JsonArray { Count: > 0 }
            ? null
            : $"expected rejected[] with {bad} alone";
    }
}
