using Microsoft.Extensions.Time.Testing;
using Millrace.Cli;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Local;

namespace Millrace.Tests.Cli;

public sealed class JournalCommandsTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly string _data = Directory.CreateTempSubdirectory("millrace-data-").FullName;
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    private string Segment => Path.Combine(_data, "journal", "control", "0", "00000000000000000000.seg");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _output.Dispose();
        _error.Dispose();
        Directory.Delete(_data, recursive: true);
    }

    [Fact]
    public async Task Inspect_lists_segments_with_their_offsets_and_what_is_torn()
    {
        await WriteAsync();
        File.Delete(Path.Combine(_data, "journal", "floors.json"));
        await File.WriteAllBytesAsync(Segment, [.. await File.ReadAllBytesAsync(Segment, Cancelled), 1, 2, 3], Cancelled);
        Assert.Equal(ExitCode.Ok, await RunAsync("inspect"));
        Assert.Matches(@"control/0/00000000000000000000\.seg\s+0\s+2\s+\d+\s+2026-11-01T00:00:00.*active", _output.ToString());
        Assert.Contains("3 bytes after the last whole record", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_counts_whole_facts_and_names_damage_by_segment_and_offset()
    {
        await WriteAsync();
        Assert.Equal(ExitCode.Ok, await RunAsync("verify"));
        Assert.Contains("control/0: 2 facts, whole", _output.ToString(), StringComparison.Ordinal);
        var bytes = await File.ReadAllBytesAsync(Segment, Cancelled);
        bytes[64 + 32 + 20] ^= 1;
        await File.WriteAllBytesAsync(Segment, bytes, Cancelled);
        Assert.Equal(ExitCode.JournalCorrupt, await RunAsync("verify"));
        Assert.Contains("corrupt: segment control/0/00000000000000000000.seg, offset 0", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_names_a_partition_whose_segments_are_gone()
    {
        await WriteAsync();
        File.Delete(Segment);
        Assert.Equal(ExitCode.JournalCorrupt, await RunAsync("verify"));
        Assert.Contains("offsets below 2 were durable", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Export_writes_facts_as_lines_of_json_within_its_bounds()
    {
        await WriteAsync();
        Assert.Equal(ExitCode.Ok, await RunAsync("export", "--stream", "events"));
        Assert.Contains("\"user\":\"ada\"", Assert.Single(Lines()), StringComparison.Ordinal);
        Assert.Equal(ExitCode.Ok, await RunAsync("export", "--stream", "control", "--from", "2026-11-01T00:30:00Z"));
        Assert.Contains("\"position\":\"control/0@1\"", Assert.Single(Lines()), StringComparison.Ordinal);
        Assert.Equal(ExitCode.Ok, await RunAsync("export", "--stream", "control", "--to", "2026-11-01T00:30:00Z"));
        Assert.Contains("\"position\":\"control/0@0\"", Assert.Single(Lines()), StringComparison.Ordinal);
        Assert.Equal(ExitCode.Ok, await RunAsync("export", "--max", "1"));
        Assert.Single(Lines());
    }

    [Fact]
    public async Task A_directory_without_a_journal_is_named()
    {
        Assert.Equal(ExitCode.DataUnusable, await RunAsync("inspect"));
        Assert.Contains(_data, _error.ToString(), StringComparison.Ordinal);
    }

    private async Task WriteAsync()
    {
        using var keys = new FileSubjectKeys(Path.Combine(_data, "keys", "subjects"));
        await using var journal = await LocalJournal.OpenAsync(new JournalOptions { Directory = Path.Combine(_data, "journal") }, _clock, keys);
        await journal.AppendAsync(new PolicyChanged { Id = "p1", Policy = "home", Version = 1, Definition = "{}" }, Cancelled);
        await journal.AppendAsync(new Observed { Id = "e1", Event = "click", Item = "i", User = "ada" }, Cancelled);
        _clock.Advance(TimeSpan.FromHours(1));
        await journal.AppendAsync(new PolicyChanged { Id = "p2", Policy = "home", Version = 2, Definition = "{}" }, Cancelled);
    }

    private string[] Lines() => _output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private async Task<ExitCode> RunAsync(string verb, params string[] options)
    {
        _output.GetStringBuilder().Clear();
        return (ExitCode)await MillraceCommand.RunAsync(["journal", verb, _data, .. options], _clock, _output, _error);
    }
}
