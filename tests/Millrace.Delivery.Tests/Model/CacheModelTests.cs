using System.Globalization;
using CsCheck;

namespace Millrace.Delivery.Tests.Model;

/// <summary>The plane beside a simple, slow model of RFC 9111 that shares no line with it, on random histories.</summary>
public class CacheModelTests
{
    /// <summary>Histories of a run; MILLRACE_HISTORIES asks for more.</summary>
    private static readonly int Count = int.TryParse(Environment.GetEnvironmentVariable("MILLRACE_HISTORIES"), CultureInfo.InvariantCulture, out var count) ? count : 3000;

    public static TheoryData<string> Faults => [.. PlantedFault.All.Keys];

    [Fact]
    public async Task Every_reply_of_random_histories_is_one_that_RFC_9111_allows()
    {
        await using var runner = await HistoryRunner.StartAsync(new PlantedFault());
        await Histories.Any.SampleAsync(
            async steps =>
            {
                if (await runner.RunAsync(steps) is { } story)
                {
                    Assert.Fail(await Smallest.OfAsync(runner, steps, story));
                }
            },
            iter: Count,
            threads: 1,
            print: static steps => $"{steps.Length} steps");

        // A pipe that stores nothing would break no rule.
        Assert.InRange(runner.Reused, runner.Requests / 15, runner.Requests);
    }

    /// <summary>The rule for requests in flight alone: what the origin said before it took a change in must not be reused after the change, though it came later.</summary>
    [Theory]
    [InlineData("POST", false)]
    [InlineData("OPTIONS", true)]
    public void Model_notices_that_an_answer_outlived_a_change_that_it_did_not_know(string method, bool isAllowed)
    {
        DateTimeOffset now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
        Answer Say(string id) => new(200, Fields.Of(("X-Id", id), ("Cache-Control", "max-age=60"), ("Date", now.ToString("R", CultureInfo.InvariantCulture))), "body"u8.ToArray(), "body"u8.ToArray());
        Ask get = new("GET", "/a", Fields.None), change = new(method, "/a", Fields.None);
        CacheModel model = new();
        Fetched early = new(1, get, Say("1"), now, now, 0), changed = new(2, change, Say("2"), now, now, 1);
        Assert.Null(model.Judge(new Served(1, change, Say("2"), now, now, [changed])));
        Assert.Null(model.Judge(new Served(0, get, Say("1"), now, now, [early])));
        var reused = Say("1") with { Fields = Say("1").Fields.With("Age", "0") };
        Assert.Equal(isAllowed, model.Judge(new Served(2, get, reused, now, now, [])) is null);
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Model_notices_a_plane_that(string fault)
    {
        await using var runner = await HistoryRunner.StartAsync(PlantedFault.All[fault]);
        await Assert.ThrowsAsync<CsCheckException>(() => Histories.Any.SampleAsync(async steps => await runner.RunAsync(steps) is null, iter: 3000, threads: 1, print: static _ => ""));
    }
}
