using Millrace.Decisions;
using Millrace.Journal;
using Millrace.Tests.Journal;

namespace Millrace.Tests.Api;

public sealed class FaultFrameTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("millrace-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task A_surface_that_goes_while_it_is_asked_is_an_unknown_one()
    {
        await using var api = await ScantApi.StartAsync(_data, new FaultyFiles(), Cancellation, asked => throw new UnknownSurfaceException(asked.Surface));
        var (answer, _) = await api.PostAsync("/v1/decide", """{"surface":"home"}""", "application/json", Cancellation);
        Assert.Equal((404, "urn:millrace:unknownSurface"), (answer.Status, answer.Reason));
    }

    [Fact]
    public async Task A_journal_that_cannot_be_read_for_now_asks_to_try_again()
    {
        await using var api = await ScantApi.StartAsync(
            _data, new FaultyFiles(), Cancellation, _ => throw new JournalReadException("decisions/0", new IOException("too many open files")));
        var (answer, retryAfter) = await api.PostAsync("/v1/decide", """{"surface":"home"}""", "application/json", Cancellation);
        Assert.Equal((503, "urn:millrace:journalFault"), (answer.Status, answer.Reason));
        Assert.NotNull(retryAfter);
        Assert.Single(api.Faults);
    }

    [Fact]
    public async Task What_nobody_foresaw_is_told_to_the_log_and_a_problem_to_the_client()
    {
        await using var api = await ScantApi.StartAsync(_data, new FaultyFiles(), Cancellation, _ => throw new InvalidOperationException("a secret of the node"));
        var (answer, _) = await api.PostAsync("/v1/decide", """{"surface":"home"}""", "application/json", Cancellation);
        Assert.Equal((500, "application/problem+json", "urn:millrace:internal"), (answer.Status, answer.ContentType, answer.Reason));
        Assert.DoesNotContain("secret", answer.Text, StringComparison.Ordinal);
        Assert.IsType<InvalidOperationException>(Assert.Single(api.Faults));
    }
}
