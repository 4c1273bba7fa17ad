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

        files.Move(next, path);
        files.SyncDirectory(Path.GetDirectoryName(path)!);
    }

    /// <summary>Creates a directory with its parents, durably; one that is there is made durable too, for whoever created it may have failed before it was.</summary>
    public static void CreateDirectory(IJournalFiles files, string path)
    {
        var parent = Path.GetDirectoryName(Path.GetFullPath(path));
        var isThere = Directory.Exists(path);
        if (!isThere)
        {
            if (parent is not null)
            {
                CreateDirectory(files, parent);
            }

            files.CreateDirectory(path);
        }

        try
        {
            if (parent is not null)
            {
                files.SyncDirectory(parent);
            }
        }
        catch (UnauthorizedAccessException) when (isThere)
        {
            // A parent that we may not even list is not of our making.
        }
    }

    /// <summary>
    /// Writes a stretch of a file over itself. After a failed sync the bytes may stand in the page cache only, marked clean, so that another sync would do nothing and
    /// still succeed.
    /// </summary>
    public static void WriteAgain(IJournalFile file, long from, long end)
    {
        const int Stretch = 1 << 20;
        var buffer = new byte[(int)Math.Clamp(end - from, 0, Stretch)];
        for (var at = from; at < end; at += Stretch)
        {
            var read = file.Read(buffer.AsSpan(0, (int)Math.Min(Stretch, end - at)), at);
            file.Write(buffer.AsSpan(0, read), at);
        }

        System.Security.Cryptography.CryptographicOperations.ZeroMemory(buffer);
    }
}
