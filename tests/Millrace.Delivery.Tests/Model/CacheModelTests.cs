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

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Model_notices_a_plane_that(string fault)
    {
        await using var runner = await HistoryRunner.StartAsync(PlantedFault.All[fault]);
        await Assert.ThrowsAsync<CsCheckException>(() => Histories.Any.SampleAsync(async steps => await runner.RunAsync(steps) is null, iter: 3000, threads: 1, print: static _ => ""));
    }
}
