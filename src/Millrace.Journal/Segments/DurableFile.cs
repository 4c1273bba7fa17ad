namespace Millrace.Journal.Segments;

/// <summary>Small files that are replaced whole.</summary>
internal static class DurableFile
{
    /// <summary>Replaces a file so that a power cut leaves the old content or the new one, and the new one once this has returned.</summary>
    public static void Replace(IJournalFiles files, string path, ReadOnlySpan<byte> content)
    {
        var next = path + ".next";
        using (var file = files.Open(next, writable: true))
        {
            file.Truncate(0);
            file.Write(content, 0);
            file.Sync();
        }

        File.Move(next, path, overwrite: true);
        files.SyncDirectory(Path.GetDirectoryName(path)!);
    }

    /// <summary>Creates a directory with its parents, durably.</summary>
    public static void CreateDirectory(IJournalFiles files, string path)
    {
        if (Directory.Exists(path))
        {
            return;
        }

        var parent = Path.GetDirectoryName(Path.GetFullPath(path));
        if (parent is not null)
        {
            CreateDirectory(files, parent);
        }

        Directory.CreateDirectory(path);
        if (parent is not null)
        {
            files.SyncDirectory(parent);
        }
    }
}
