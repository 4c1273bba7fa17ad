using System.Diagnostics;

namespace Millrace.Tests.Journal;

/// <summary>An ext4 in a loop file whose power can be cut. commit=300: nothing reaches the disk by itself while a test lasts.</summary>
internal sealed class ScratchDisk : IDisposable
{
    private static readonly string[] Tools = ["xfs_io", "mkfs.ext4", "mount", "umount"];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly string _directory = Directory.CreateTempSubdirectory("millrace-disk-").FullName;
    private bool _mounted;

    /// <summary>Skips the test, saying what is missing, where no such disk can be had.</summary>
    public ScratchDisk()
    {
        try
        {
            Assert.SkipUnless(OperatingSystem.IsLinux(), "Power cuts need Linux: ext4 in a loop file.");
            var missing = Tools.Where(t => !IsInstalled(t)).ToArray();
            Assert.SkipUnless(missing.Length == 0, $"Power cuts need {string.Join(", ", missing)} (Debian: e2fsprogs, xfsprogs).");
            Assert.SkipUnless(Environment.IsPrivilegedProcess, "Power cuts need root, to mount a loop file.");
            Directory.CreateDirectory(Root);
            using (var image = File.Create(Image))
            {
                image.SetLength(64 << 20);
            }

            Run("mkfs.ext4", "-q", Image);
            Assert.SkipUnless(TryMount(out var why), $"Power cuts need loop mounts, which are refused here: {why}");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public string Root => Path.Combine(_directory, "mnt");

    private string Image => Path.Combine(_directory, "disk");

    /// <summary>From here on nothing more reaches the disk, and every file operation fails.</summary>
    public void CutPower() => Run("xfs_io", "-x", "-c", "shutdown", Root);

    /// <summary>
    /// Comes back with what was on the disk at the cut. No file of it may be open any more; but a process that another test is starting holds copies of all
    /// that were open at its fork until it executes its program, so a busy disk is asked again.
    /// </summary>
    public void Restart()
    {
        var began = TimeProvider.System.GetTimestamp();
        var (code, errors) = Start("umount", Root);
        while (code != 0 && errors.Contains("busy", StringComparison.Ordinal) && TimeProvider.System.GetElapsedTime(began) < Patience)
        {
            (code, errors) = Start("umount", Root);
        }

        Assert.True(code == 0, $"umount {Root}: exit code {code}: {errors}");
        _mounted = false;
        Assert.True(TryMount(out var why), why);
    }

    /// <summary>
    /// Whether the power is still on. ext4 refuses to open files from the first step of a shutdown on; a sync under way then may still report success, as no
    /// processor could after a real cut.
    /// </summary>
    public bool HasPower()
    {
        try
        {
            File.OpenHandle(Path.Combine(Root, "probe"), FileMode.OpenOrCreate, FileAccess.Read, FileShare.ReadWrite).Dispose();
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    public void Dispose()
    {
        if (_mounted)
        {
            Start("umount", "-l", Root);
        }

        Directory.Delete(_directory, recursive: true);
    }

    private static bool IsInstalled(string tool) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin").Append("/sbin")
        .Any(directory => File.Exists(Path.Combine(directory, tool)));

    private static void Run(string tool, params string[] arguments)
    {
        var (code, errors) = Start(tool, arguments);
        Assert.True(code == 0, $"{tool} {string.Join(' ', arguments)}: exit code {code}: {errors}");
    }

    /// <summary>Runs a tool to its end.</summary>
    internal static (int Code, string Errors) Start(string tool, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(tool, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
            return (-1, $"no end within {Patience}");
        }

        return (process.ExitCode, process.StandardError.ReadToEnd());
    }

    private bool TryMount(out string why)
    {
        (var code, why) = Start("mount", "-o", "loop,commit=300", Image, Root);
        return _mounted = code == 0;
    }
}
