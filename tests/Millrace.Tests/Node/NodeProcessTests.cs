using System.Diagnostics;
using Millrace.Cli;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Local;

namespace Millrace.Tests.Node;

/// <summary>The node as a process of its own: what only a process can show.</summary>
public sealed class NodeProcessTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("millrace-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task Killed_and_started_again_a_node_keeps_its_facts()
    {
        for (var start = 0; start < 2; start++)
        {
            using var node = await UpAsync();
            node.Kill();
            await node.WaitForExitAsync(Cancellation);
        }

        using var keys = new FileSubjectKeys(Path.Combine(_data, "keys", "subjects"));
        await using var journal = await LocalJournal.OpenAsync(new JournalOptions { Directory = Path.Combine(_data, "journal") }, TimeProvider.System, keys);
        var fact = Assert.Single(await journal.ReadAsync(JournalStream.Control, 0, 0, 10, Cancellation)).Fact;
        Assert.Equal(("home", 1), (((PolicyChanged)fact).Policy, ((PolicyChanged)fact).Version));
    }

    [Fact]
    public async Task SIGTERM_drains_and_ends_with_zero_and_a_second_node_meets_the_lock()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("SIGTERM is Unix's");
        }

        using var node = await UpAsync();
        using var second = Start();
        await second.WaitForExitAsync(Cancellation);
        Assert.Equal(ExitCode.DataLocked, (ExitCode)second.ExitCode);
        using var kill = Process.Start("kill", ["-TERM", $"{node.Id}"]);
        await node.WaitForExitAsync(Cancellation);
        Assert.Equal(ExitCode.Ok, (ExitCode)node.ExitCode);
    }

    private async Task<Process> UpAsync()
    {
        var node = Start();
        var line = await node.StandardOutput.ReadLineAsync(Cancellation);
        Assert.StartsWith("millrace is up", line, StringComparison.Ordinal);
        return node;
    }

    private Process Start()
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _data };
        string[] arguments =
        [
            Path.Combine(AppContext.BaseDirectory, "millrace.dll"), "up", "--data", _data, "--set", "listen.delivery=127.0.0.1:0", "--set", "listen.api=127.0.0.1:0",
            "--set", "listen.admin=127.0.0.1:0", "--set", "limits.drainGrace=0s", "--set", "policies={home: {candidates: [{recent: true}]}}",
        ];
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)!;
    }
}
