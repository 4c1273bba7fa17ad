using System.Globalization;
using Millrace.Journal;
using Millrace.Journal.Segments;
using Parquet;

namespace Millrace.Features.PointInTime.Parquet;

/// <summary>The files of a build: <c>rows-FROM-TO-PART.parquet</c>, each whole or not there.</summary>
public static class RowFiles
{
    internal const string Extension = ".parquet";
    internal const string Unfinished = ".part";
    internal const string Short = ".short";
    internal const string Definitions = "millrace.definitions";
    internal const string Engine = "millrace.engine";
    internal const string From = "millrace.from";
    internal const string To = "millrace.to";
    internal const string Kind = "millrace.rows";
    internal const string AnyDefinitions = "millrace.any_definitions";
    internal const string Part = "millrace.part";
    internal const string Last = "millrace.last";
    internal const string Journal = "millrace.journal";
    internal const string Rows = "rows";
    internal const string Labels = "labels";
    internal const string LabelStage = "labels.part";
    private const string LockName = "build.lock";

    /// <summary>Whether a column that every file has is called so.</summary>
    public static bool IsFixed(string name) => RowColumns.IsFixed(name);

    /// <summary>Whether an earlier run wrote all of a slice, by the same definitions and the same engine.</summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static async Task<bool> IsDoneAsync(string directory, RowSlice slice, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(slice);
        if (File.Exists(ShortOf(directory, slice)))
        {
            return false;
        }

        for (var part = 0; File.Exists(PathOf(directory, slice, part)); part++)
        {
            await using var reader = await ParquetReader.CreateAsync(PathOf(directory, slice, part), cancellationToken: cancellation);
            var expected = MetadataOf(slice, part, isLast: false);
            var names = reader.Schema.DataFields.Skip(RowColumns.Fixed).Select(f => f.Name);
            if (expected.Any(e => e.Key is not (Last or Journal) && reader.CustomMetadata.GetValueOrDefault(e.Key) != e.Value) || !names.SequenceEqual(slice.Features))
            {
                return false;
            }

            if (reader.CustomMetadata.GetValueOrDefault(Last) == bool.TrueString)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Keeps a directory to one who writes files there: a build, or a removal of rows.</summary>
    /// <exception cref="IOException">Another does, or the disk refuses.</exception>
    public static IDisposable Lock(string directory)
    {
        DurableFile.CreateDirectory(DiskFiles.Instance, directory);
        var path = Path.Combine(directory, LockName);
        try
        {
            return File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException refused)
        {
            throw new IOException($"{path} cannot be locked: a build or a forget writes into this directory, and two would write over each other ({refused.Message})", refused);
        }
    }

    /// <summary>Which rows a whole file holds, and the name of the journal that they are from; null for what it does not say.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    internal static async Task<(RowKind? Kind, string? Journal)> OriginOfAsync(string directory, string name, CancellationToken cancellation)
    {
        var path = Path.Combine(directory, name);
        try
        {
            await using var reader = await ParquetReader.CreateAsync(path, cancellationToken: cancellation);
            return (Enum.TryParse<RowKind>(reader.CustomMetadata.GetValueOrDefault(Kind), out var kind) ? kind : null, reader.CustomMetadata.GetValueOrDefault(Journal));
        }
        catch (Exception damaged) when (damaged is not OperationCanceledException)
        {
            throw new IOException($"{path} cannot be read: {damaged.Message}", damaged); // The library throws many kinds.
        }
    }

    /// <summary>The whole files of a directory, by name, each with the time of its slice.</summary>
    /// <param name="directory">Where.</param>
    /// <param name="prefix">What the names begin with: what the files hold.</param>
    internal static IEnumerable<(string Name, UnixMicros From, UnixMicros To)> In(string directory, string prefix = Rows)
    {
        foreach (var path in Directory.Exists(directory) ? Directory.EnumerateFiles(directory, prefix + "-*" + Extension) : [])
        {
            var name = Path.GetFileName(path);
            if (name.Split('-') is [_, var from, var to, _]
                && long.TryParse(from, NumberStyles.None, CultureInfo.InvariantCulture, out var first)
                && long.TryParse(to, NumberStyles.None, CultureInfo.InvariantCulture, out var end))
            {
                yield return (name, new UnixMicros(first), new UnixMicros(end));
            }
        }
    }

    /// <summary>The whole files of rows and of labels.</summary>
    internal static IEnumerable<(string Name, UnixMicros From, UnixMicros To)> BuiltIn(string directory) => In(directory).Concat(In(directory, Labels));

    /// <summary>What killed builds and removals left of files that never got their names; what a build of labels read stands in a folder.</summary>
    internal static string[] UnfinishedIn(string directory) =>
    [
        .. NamesIn(directory, Rows + "-*" + Extension + Unfinished), .. NamesIn(directory, Labels + "-*" + Extension + Unfinished),
        .. Directory.Exists(Path.Combine(directory, LabelStage)) ? [LabelStage] : Array.Empty<string>(),
    ];

    /// <summary>Parquet files whose names no build gave.</summary>
    internal static string[] StrangersIn(string directory) => [.. NamesIn(directory, "*" + Extension).Except(BuiltIn(directory).Select(file => file.Name), StringComparer.Ordinal)];

    internal static string PathOf(string directory, RowSlice slice, int part) =>
        Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"{slice.Name}-{part:D4}{Extension}"));

    internal static Dictionary<string, string> MetadataOf(RowSlice slice, int part, bool isLast)
    {
        Dictionary<string, string> metadata = new(StringComparer.Ordinal)
        {
            [Definitions] = slice.Definitions,
            [Engine] = slice.Engine.ToString(CultureInfo.InvariantCulture),
            [From] = slice.From.ToString(),
            [To] = slice.To.ToString(),
            [Kind] = slice.Kind.ToString(),
            [AnyDefinitions] = slice.AnyDefinitions.ToString(),
            [Part] = part.ToString(CultureInfo.InvariantCulture),
            [Last] = isLast.ToString(),
        };
        if (slice.Journal.Length > 0)
        {
            metadata.Add(Journal, slice.Journal);
        }

        return metadata;
    }

    /// <summary>Makes the directory, and takes away what an earlier run left of a slice, last part first: a slice never seems done while it is not.</summary>
    internal static void Begin(string directory, RowSlice slice)
    {
        DurableFile.CreateDirectory(DiskFiles.Instance, directory);
        foreach (var path in Directory.EnumerateFiles(directory, slice.Name + "-*").OrderDescending(StringComparer.Ordinal))
        {
            File.Delete(path);
        }

        DiskFiles.Instance.SyncDirectory(directory);
        File.Delete(ShortOf(directory, slice));
    }

    /// <summary>Marks a slice whose last file is there as not done: rows of it turned out to be missing.</summary>
    internal static void MarkShort(string directory, RowSlice slice) => DurableFile.Replace(DiskFiles.Instance, ShortOf(directory, slice), []);

    private static string[] NamesIn(string directory, string pattern) => [.. Directory.EnumerateFiles(directory, pattern).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    private static string ShortOf(string directory, RowSlice slice) => Path.Combine(directory, slice.Name + Short);

    /// <summary>Gives a file that is durable its name.</summary>
    internal static void Publish(string directory, RowSlice slice, int part)
    {
        var path = PathOf(directory, slice, part);
        DiskFiles.Instance.Move(path + Unfinished, path);
        DiskFiles.Instance.SyncDirectory(directory);
    }

    /// <summary>Makes a file durable that stands under its unfinished name, and gives it its own.</summary>
    internal static void Publish(string path)
    {
        using (var file = File.OpenHandle(path + Unfinished, FileMode.Open, FileAccess.ReadWrite))
        {
            RandomAccess.FlushToDisk(file);
        }

        DiskFiles.Instance.Move(path + Unfinished, path);
        DiskFiles.Instance.SyncDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }
}
