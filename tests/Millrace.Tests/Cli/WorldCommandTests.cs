using Millrace.Cli;

namespace Millrace.Tests.Cli;

public sealed class WorldCommandTests : IDisposable
{
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public void Dispose()
    {
        _output.Dispose();
        _error.Dispose();
    }

    [Fact]
    public async Task Seeds_go_on_beyond_what_an_option_can_say()
    {
        Assert.Equal(ExitCode.Ok, await RunAsync("world", "stationary", "--method", "uniform", "--views", "4", "--seeds", "2", "--first-seed", "2147483647"));
        Assert.Contains("2 seeds from 2147483647", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_method_that_one_of_the_scenarios_lacks_is_told_before_any_run()
    {
        Assert.NotEqual(ExitCode.Ok, await RunAsync("world", "stationary", "flood", "--method", "uniform,absent", "--views", "4", "--seeds", "1"));
        Assert.Contains("got 'absent'", _error.ToString(), StringComparison.Ordinal);
        Assert.Equal("", _output.ToString());
    }

    private async Task<ExitCode> RunAsync(params string[] arguments) => (ExitCode)await MillraceCommand.RunAsync(arguments, TimeProvider.System, _output, _error);
}
