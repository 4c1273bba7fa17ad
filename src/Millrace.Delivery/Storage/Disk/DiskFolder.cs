using System.Globalization;
using System.IO.Hashing;
using System.Text;

namespace Millrace.Delivery.Storage.Disk;

/// <summary>
/// The tier's folder: <c>lock</c>, <c>format</c> (version, and the seed of the keys' hashes), <c>ledger</c>, <c>segments/</c>, and <c>set-aside/</c> for
/// what another version left, until its room is needed.
/// </summary>
internal sealed class DiskFolder : IDisposable
{
    private const string Version = "millrace disk cache 1";
    private const string Extension = ".seg";

    private readonly IDiskFiles _files;
    private readonly string _root;
    private readonly IDisposable _lock;
    private bool _owed;

    private DiskFolder(IDiskFiles files, string root, IDisposable held) => (_files, _root, _lock) = (files, root, held);

    public string Root => _root;

    public string Segments => Path.Combine(_root, "segments");

    public string Ledger => Path.Combine(_root, "ledger");

    /// <summary>Seeds the keys' hashes, so that nobody outside can choose two keys that collide.</summary>
    public long Seed { get; private set; }

    /// <summary>The segments that are there, oldest first.</summary>
    public IReadOnlyList<uint> Found { get; private set; } = [];

    public uint FirstNewId { get; private set; } = 1;

    private string SetAside => Path.Combine(_root, "set-aside");

    /// <summary>Locks the folder, creates it when it is not there, and sets aside what is of another version.</summary>
    /// <exception cref="IOException">Another process has the folder, or it cannot be used.</exception>
    public static async ValueTask<DiskFolder> OpenAsync(string root, IDiskFiles files, DiskCounts counts, Func<ulong> nonce)
    {
        files.CreateDirectory(root);
        IDisposable held;
        try
        {
            held = files.Lock(Path.Combine(root, "lock"));
        }
        catch (IOException e)
        {
            throw new IOException($"The disk cache's folder {root} cannot be locked: another process uses it. Give each node a folder of its own.", e);
        }

        DiskFolder folder = new(files, root, held);
        try
        {
            await folder.EnterAsync(counts, nonce);
            return folder;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    public string PathOf(uint id) => Path.Combine(Segments, id.ToString("x8", CultureInfo.InvariantCulture) + Extension);

    /// <summary>Writes what a new folder begins with, unless it is there: without it nothing in the folder is found again.</summary>
    /// <exception cref="IOException">The disk is full, or fails.</exception>
    public async ValueTask SettleAsync()
    {
        if (_owed)
        {
            await WriteSeedAsync(Path.Combine(_root, "format"));
            _files.SyncDirectory(_root);
            _owed = false;
        }
    }

    /// <summary>Deletes the segments that are there, for good. Their numbers are not used again.</summary>
    public void DeleteFound()
    {
        foreach (var id in Found)
        {
            _files.Delete(PathOf(id));
        }

        _files.SyncDirectory(Segments);
        Found = [];
    }

    public void DeleteSetAside() => _files.Delete(SetAside);

    public void Dispose() => _lock.Dispose();

    private async ValueTask EnterAsync(DiskCounts counts, Func<ulong> nonce)
    {
        var format = Path.Combine(_root, "format");
        var names = _files.List(_root);
        if (names.Contains("format") && await ReadSeedAsync(format) is { } seed)
        {
            Seed = seed;
        }
        else
        {
            if (names.Contains("segments"))
            {
                counts.Hit(DiskReason.SetAside);
                _files.Delete(SetAside);
                _files.Move(Segments, SetAside);
            }

            Seed = (long)nonce();
            _owed = true;
            try
            {
                await SettleAsync();
            }
            catch (IOException)
            {
                // A full disk is no reason not to start: it is tried again before anything else is written.
            }
        }

        _files.CreateDirectory(Segments);
        _files.SyncDirectory(_root);
        Found = [.. _files.List(Segments).Select(IdOf).OfType<uint>().Order()];
        FirstNewId = Found.Count == 0 ? 1 : Found[^1] + 1;
    }

    private async ValueTask<long?> ReadSeedAsync(string format)
    {
        using var file = _files.Open(format);
        var bytes = new byte[256];
        var read = await file.ReadAsync(bytes, 0, CancellationToken.None);
        var lines = Encoding.ASCII.GetString(bytes, 0, read).Split('\n');
        return lines is [Version, var seed, var sum, ""] && sum == SumOf(seed) && long.TryParse(seed, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var value)
            ? value
            : null;
    }

    private async ValueTask WriteSeedAsync(string format)
    {
        var seed = Seed.ToString("x16", CultureInfo.InvariantCulture);
        using var file = _files.Create(format, 0);
        await file.WriteAsync([Encoding.ASCII.GetBytes($"{Version}\n{seed}\n{SumOf(seed)}\n")], 0);
        file.Sync();
    }

    private static string SumOf(string seed) => XxHash3.HashToUInt64(Encoding.ASCII.GetBytes(Version + seed)).ToString("x16", CultureInfo.InvariantCulture);

    private static uint? IdOf(string name) =>
        name.Length == 8 + Extension.Length && name.EndsWith(Extension, StringComparison.Ordinal)
        && uint.TryParse(name.AsSpan(0, 8), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var id) && id is > 0 and < DiskTier.MostSegmentIds
            ? id
            : null;
}
