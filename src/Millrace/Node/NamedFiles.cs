using Millrace.Delivery.FrontEnd.Tls;
using Millrace.Node.Configuration;

namespace Millrace.Node;

/// <summary>The files that a configuration names, and that a start refuses when they cannot be used: certificates, the cache's folder, the access log.</summary>
internal static class NamedFiles
{
    private const UnixFileMode AnyWrite = UnixFileMode.UserWrite | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    /// <summary>What can be found without changing anything. A file that this user may not read is no fault: the node's may.</summary>
    public static IEnumerable<Finding> Look(NodeConfig config)
    {
        foreach (var (files, path) in Certificates(config.Tls))
        {
            var hidden = new[] { files.Certificate, files.Key }.FirstOrDefault(static file => !MayRead(file));
            if (hidden is not null)
            {
                yield return new Finding(Verdict.Warn, path, $"{hidden} may not be read by this user, and was not looked at");
            }
            else if (CertificateStore.Fault(files) is { } fault)
            {
                yield return new Finding(Verdict.Fail, path, fault);
            }
        }

        foreach (var (place, path, isFolder) in Places(config))
        {
            var made = isFolder ? place : Path.GetDirectoryName(place)!;
            var nearest = Nearest(made);
            if (!isFolder && Directory.Exists(place))
            {
                yield return new Finding(Verdict.Fail, path, $"{place} is a folder, not a file");
            }
            else if (!isFolder && !Directory.Exists(made) && made != Path.GetFullPath(config.Node.Data))
            {
                yield return new Finding(Verdict.Fail, path, $"the folder {made} is not there");
            }
            else if (File.Exists(nearest))
            {
                yield return new Finding(Verdict.Fail, path, $"{nearest} is a file, not a folder");
            }
            else if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(nearest) & AnyWrite) == 0)
            {
                yield return new Finding(Verdict.Warn, path, $"nobody may write in {nearest}");
            }
        }
    }

    /// <summary>What is found by trying: files are made, and those that were not there before are taken away again.</summary>
    public static IEnumerable<Finding> Try(NodeConfig config)
    {
        foreach (var (files, path) in Certificates(config.Tls))
        {
            yield return CertificateStore.Fault(files) is { } fault
                ? new Finding(Verdict.Fail, path, fault)
                : new Finding(Verdict.Ok, path, $"{files.Certificate} and its key can be used");
        }

        foreach (var (place, path, isFolder) in Places(config))
        {
            yield return Refusal(place, isFolder) is { } refusal
                ? new Finding(Verdict.Fail, path, $"{refusal} Make it writable, or set {path}")
                : new Finding(Verdict.Ok, path, $"{place} can be written");
        }
    }

    private static IEnumerable<(CertificateFiles Files, string Path)> Certificates(TlsSection tls) =>
        tls.Listen is null ? [] : tls.Certificates.Select(static (files, i) => (files, $"tls.certificates[{i}]"));

    private static IEnumerable<(string Place, string Path, bool IsFolder)> Places(NodeConfig config)
    {
        if (config.Cache.Disk is { } folder)
        {
            yield return (Path.GetFullPath(folder), "cache.disk", true);
        }

        if (config.AccessLog.File is { } file)
        {
            yield return (Path.GetFullPath(file), "accessLog.to", false);
        }
    }

    private static string? Refusal(string place, bool isFolder)
    {
        var missing = isFolder ? Missing(place) : null;
        try
        {
            if (isFolder)
            {
                Directory.CreateDirectory(place);
            }

            var file = isFolder ? Path.Combine(place, "doctor.probe") : place;
            var wasThere = File.Exists(file);
            using (new FileStream(file, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
            {
            }

            if (!wasThere)
            {
                File.Delete(file);
            }

            return null;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return refused.Message;
        }
        finally
        {
            if (missing is not null && Directory.Exists(missing))
            {
                Directory.Delete(missing, recursive: true);
            }
        }
    }

    /// <summary>The outermost folder on the way to a place that is not there; null when all are.</summary>
    private static string? Missing(string place)
    {
        string? missing = null;
        for (var at = place; at is not null && !Directory.Exists(at) && !File.Exists(at); at = Path.GetDirectoryName(at))
        {
            missing = at;
        }

        return missing;
    }

    private static string Nearest(string folder) => Missing(folder) is { } missing ? Path.GetDirectoryName(missing)! : folder;

    private static bool MayRead(string file)
    {
        try
        {
            using var open = File.OpenRead(file);
            return true;
        }
        catch (UnauthorizedAccessException) when (!Directory.Exists(file))
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            return true;
        }
    }
}
