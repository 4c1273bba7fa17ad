using Millrace.Bench.FeaturesAsOf;
using Millrace.Cli;
using Millrace.Features.PointInTime;
using Millrace.Features.PointInTime.Parquet;

namespace Millrace.Tests.FeatureForget;

/// <summary>What stands in the directory of a build beside whole files, and who else writes there.</summary>
public sealed class ForgetFilesTests : IAsyncLifetime
{
    private ForgetScene _scene = null!;
    private string[] _before = [];

    public async ValueTask InitializeAsync()
    {
        _scene = await ForgetScene.CreateAsync();
        _scene.Erase("u1");
        _before = _scene.Read();
    }

    public ValueTask DisposeAsync()
    {
        _scene.Dispose();
        return ValueTask.CompletedTask;
    }

    private string[] Others => [.. _before.Where(row => !ForgetScene.IsOf("u1", row))];

    [Fact]
    public async Task What_a_killed_removal_or_build_left_goes()
    {
        var whole = Path.Combine(_scene.Rows, _scene.Names()[0]);
        var (removal, build) = (whole + ".part", whole.Replace("-0000.", "-0007.", StringComparison.Ordinal) + ".part");
        File.Copy(whole, removal);
        File.WriteAllBytes(build, File.ReadAllBytes(whole)[..100]);
        Assert.Equal(ExitCode.Failure, await _scene.ForgetAsync("--dry-run"));
        Assert.Contains($"{Path.GetFileName(build)}: left by a run that was killed; it stands there still", _scene.Output, StringComparison.Ordinal);
        Assert.True(File.Exists(removal) && File.Exists(build));

        Assert.True(await _scene.ForgetAsync() == ExitCode.Ok, $"{_scene.Output}{_scene.Error}");
        Assert.Empty(_scene.Names("*.part"));
        Assert.Equal(Others, _scene.Read());
        Assert.Equal(ExitCode.Ok, await _scene.ForgetAsync("--dry-run"));
    }

    [Fact]
    public async Task A_directory_without_files_of_a_build_is_a_failure_and_keeps_no_trace()
    {
        foreach (var name in _scene.Names("*"))
        {
            File.Delete(Path.Combine(_scene.Rows, name));
        }

        Assert.Equal(ExitCode.Failure, await _scene.ForgetAsync());
        Assert.Contains("no file of a build was looked through", _scene.Error, StringComparison.Ordinal);
        Assert.Empty(_scene.Names("*"));
    }

    [Fact]
    public async Task A_file_by_another_name_is_told_of()
    {
        File.Copy(Path.Combine(_scene.Rows, _scene.Names()[0]), Path.Combine(_scene.Rows, "copy.parquet"));
        Assert.Equal(ExitCode.Failure, await _scene.ForgetAsync());
        Assert.Contains("copy.parquet: not looked through", _scene.Output, StringComparison.Ordinal);
        Assert.Equal(Others, _scene.Read());
    }

    [Fact]
    public async Task A_damaged_file_does_not_keep_the_others_from_being_looked_through()
    {
        var names = _scene.Names();
        Assert.InRange(names.Length, 3, 9);
        var path = Path.Combine(_scene.Rows, names[0]);
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..^20]);
        Assert.Equal(ExitCode.Failure, await _scene.ForgetAsync());
        Assert.Contains($"{names[0]}: not looked through", _scene.Output, StringComparison.Ordinal);
        File.Delete(path);
        Assert.Equal(ExitCode.Ok, await _scene.ForgetAsync("--dry-run"));
        Assert.All(_scene.Read(), row => Assert.False(ForgetScene.IsOf("u1", row)));
        Assert.NotEmpty(_scene.Read());
    }

    [Fact]
    public async Task Two_do_not_write_into_one_directory()
    {
        using (RowFiles.Lock(_scene.Rows))
        {
            Assert.Equal(ExitCode.Failure, await _scene.ForgetAsync());
            Assert.Contains("cannot be locked", _scene.Error, StringComparison.Ordinal);
            Assert.Equal(ExitCode.Failure, await _scene.BuildAsync());
            Assert.Contains("cannot be locked", _scene.Error, StringComparison.Ordinal);
            Assert.Equal(_before, _scene.Read());
            Assert.Equal(ExitCode.Failure, await _scene.ForgetAsync("--dry-run")); // Writes nothing.
            Assert.Contains("rows of erased persons stand there still", _scene.Output, StringComparison.Ordinal);
        }

        Assert.Equal(ExitCode.Ok, await _scene.ForgetAsync());
    }

    [Fact]
    public async Task Of_a_slice_that_was_rolled_every_file_is_looked_through()
    {
        Directory.Delete(_scene.Rows, recursive: true);
        var whole = new RowSlice(SyntheticLog.Start, SyntheticLog.Start + SyntheticLog.Length, [], "", 1);
        RowSlices Slices() => new(_scene.Rows, whole, SyntheticLog.Length, new RowFileOptions { GroupRows = 40, FileRows = 80 });
        await using (var slices = Slices())
        {
            foreach (var decided in ForgetScene.Log.DecisionFacts())
            {
                RowItem[] items = [.. decided.Slots[0].Items.Select((item, i) => new RowItem(item.Item, "main", i + 1, 0.5))];
                await slices.WriteAsync(new DecisionRows(decided.Id, decided.Asked, "home", "home@1", 1, "", items, default), TestContext.Current.CancellationToken);
            }

            await slices.CompleteAsync(whole.To, whole.To, TestContext.Current.CancellationToken);
        }

        var before = _scene.Read();
        Assert.Equal(8, _scene.Names().Length);
        Assert.True(await _scene.ForgetAsync() == ExitCode.Ok, $"{_scene.Output}{_scene.Error}");
        Assert.Equal(before.Where(row => !ForgetScene.IsOf("u1", row)), _scene.Read());
        await using var again = Slices();
        await again.FindDoneAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1, again.Kept);
    }
}
