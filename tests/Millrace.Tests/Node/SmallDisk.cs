using Millrace.Tests.Journal;

namespace Millrace.Tests.Node;

/// <summary>A file system of a few MiB, which others can fill.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("millrace-small-").FullName;
    private readonly bool _mounted;

    /// <summary>Skips the test, saying what is missing, where no such disk can be had.</summary>
    public SmallDisk(int megabytes)
    {
        try
        {
            Assert.SkipUnless(OperatingSystem.IsLinux(), "A full disk needs Linux: tmpfs.");
            Assert.SkipUnless(Environment.IsPrivilegedProcess, "A full disk needs root, to mount a tmpfs.");
            var (code, errors) = ScratchDisk.Start("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "none", _root);
            _mounted = code == 0;
            Assert.SkipUnless(_mounted, $"A full disk needs a tmpfs, which is refused here: {errors}");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public string Root => _root;

    private string Filler => Path.Combine(_root, "filler");

    /// <summary>Takes all room that is left.</summary>
    public void Fill()
    {
        using var filler = new FileStream(Filler, FileMode.Create);
        var block = new byte[64 << 10];
        try
        {
            while (true)
            {
                filler.Write(block);
                filler.Flush();
            }
        }
        catch (IOException)
        {
            // Full.
        }
    }

    /// <summary>Gives the room back.</summary>
    public void Free() => File.Delete(Filler);

    public void Dispose()
    {
        if (_mounted)
        {
            ScratchDisk.Start("umount", "-l", _root);
        }

        Directory.Delete(_root, recursive: true);
    }
}
