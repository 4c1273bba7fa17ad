using System.Net.Security;
using System.Security.Cryptography;

namespace Millrace.Delivery.FrontEnd.Tls;

/// <summary>
/// The certificates in force, chosen by the name that a client asks for (SNI, RFC 6066 §3): exactly, else by a wildcard of one label, else the first. Files are looked at
/// every ten seconds and read anew when they change; a certificate that cannot be read stays as it was. Connections keep what they began with. Thread-safe.
/// </summary>
public sealed class CertificateStore : IDisposable
{
    /// <summary>Looking is cheap, and works where a mounted secret is swapped by a link, which file events miss.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(10);

    private readonly Lock _reloading = new();
    private readonly Action<string> _refused;
    private readonly ITimer _timer;
    private volatile Snapshot _current;
    private string _stamps;

    /// <summary>Reads certificates.</summary>
    /// <param name="files">One or more; the first is the default.</param>
    /// <param name="refused">Told, once each, why a changed file is not in force.</param>
    /// <param name="time">Clock of the look at the files.</param>
    /// <exception cref="ArgumentException">A certificate cannot be read; all faults, one a line.</exception>
    public CertificateStore(IReadOnlyList<CertificateFiles> files, Action<string> refused, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(files);
        ArgumentNullException.ThrowIfNull(refused);
        ArgumentNullException.ThrowIfNull(time);
        _refused = refused;
        _stamps = Stamps(files);
        List<string> faults = [];
        var loaded = LoadAll(files, null, faults);
        if (faults.Count > 0 || loaded.Count == 0)
        {
            throw new ArgumentException(faults.Count > 0 ? string.Join(Environment.NewLine, faults) : "There is no certificate.");
        }

        _current = new Snapshot(files, loaded, faults);
        _timer = time.CreateTimer(static store => ((CertificateStore)store!).Look(), this, Period, Period);
    }

    /// <summary>Told how many certificates are in force since files changed and all could be read.</summary>
    public Action<int> Renewed { get; init; } = static _ => { };

    /// <summary>Reads all files anew, perhaps others than before; a certificate that cannot be read stays as it was, and a new one that cannot be read is left out.</summary>
    /// <returns>The faults, which were also told.</returns>
    public IReadOnlyList<string> Reload(IReadOnlyList<CertificateFiles>? files = null)
    {
        lock (_reloading)
        {
            var old = _current;
            files ??= old.Files;
            var stamps = Stamps(files);
            var isChanged = stamps != _stamps;
            _stamps = stamps;
            List<string> faults = [];
            var loaded = LoadAll(files, old, faults);
            _current = loaded.Count > 0 ? new Snapshot(files, loaded, faults) : old;

            // What is still wrong at the next look has been told already.
            faults.Except(old.Faults).ToList().ForEach(_refused);
            if (faults.Count == 0 && (isChanged || old.Faults.Count > 0))
            {
                Renewed(loaded.Count);
            }

            return faults;
        }
    }

    /// <summary>Why a certificate cannot come into force, or null when it can.</summary>
    public static string? Fault(CertificateFiles files)
    {
        ArgumentNullException.ThrowIfNull(files);
        List<string> faults = [];
        LoadAll([files], null, faults);
        return faults.FirstOrDefault();
    }

    /// <summary>Stops looking.</summary>
    public void Dispose() => _timer.Dispose();

    /// <summary>What to show a client that asks for a name, or for none.</summary>
    internal SslServerAuthenticationOptions Select(string? name) => _current.Select(name);

    private void Look()
    {
        var current = _current;
        if (current.Faults.Count > 0 || Stamps(current.Files) != Volatile.Read(ref _stamps))
        {
            Reload();
        }
    }

    private static List<(CertificateFiles Files, LoadedCertificate Certificate)> LoadAll(IReadOnlyList<CertificateFiles> files, Snapshot? old, List<string> faults)
    {
        List<(CertificateFiles Files, LoadedCertificate Certificate)> loaded = [];
        foreach (var one in files)
        {
            try
            {
                loaded.Add((one, LoadedCertificate.Load(one)));
            }
            catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
            {
                faults.Add($"{one.Certificate} with {one.Key}: {e.Message}");
                if (old?.Find(one) is { } before)
                {
                    loaded.Add((one, before));
                }
            }
        }

        return loaded;
    }

    /// <summary>When the files were written, and how long they are, in one text that compares.</summary>
    private static string Stamps(IReadOnlyList<CertificateFiles> files) => string.Join('|', files.SelectMany(static one => (string[])[one.Certificate, one.Key]).Select(static path =>
    {
        FileInfo file = new(path);
        return file.Exists ? $"{file.LastWriteTimeUtc.Ticks}:{file.Length}" : "";
    }));

    /// <summary>The certificates of one moment; a handshake uses one from beginning to end.</summary>
    private sealed class Snapshot
    {
        private readonly IReadOnlyList<(CertificateFiles Files, LoadedCertificate Certificate)> _loaded;
        private readonly Dictionary<string, LoadedCertificate> _byName = [];

        public Snapshot(IReadOnlyList<CertificateFiles> files, IReadOnlyList<(CertificateFiles Files, LoadedCertificate Certificate)> loaded, IReadOnlyList<string> faults)
        {
            (Files, _loaded, Faults) = (files, loaded, faults);
            foreach (var (_, certificate) in loaded)
            {
                foreach (var name in certificate.Names)
                {
                    _byName.TryAdd(name, certificate);
                }
            }
        }

        public IReadOnlyList<CertificateFiles> Files { get; }

        /// <summary>Why some of the files are not in force.</summary>
        public IReadOnlyList<string> Faults { get; }

        public LoadedCertificate? Find(CertificateFiles files) => _loaded.FirstOrDefault(one => one.Files.Certificate == files.Certificate && one.Files.Key == files.Key).Certificate;

        public SslServerAuthenticationOptions Select(string? name)
        {
            var asked = (name ?? "").ToLowerInvariant();
            var dot = asked.IndexOf('.', StringComparison.Ordinal);
            var found = _byName.GetValueOrDefault(asked) ?? (dot > 0 ? _byName.GetValueOrDefault($"*{asked[dot..]}") : null);
            return (found ?? _loaded[0].Certificate).Options;
        }
    }
}
