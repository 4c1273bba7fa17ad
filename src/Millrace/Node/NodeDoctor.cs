using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Millrace.Cli;
using Millrace.Journal;
using Millrace.Journal.Local;
using Millrace.Node.Configuration;

namespace Millrace.Node;

/// <summary>Examines a machine and a configuration without starting a node.</summary>
internal static class NodeDoctor
{
    // A group commit waits for one fdatasync: above this a node is slow, and appends of one producer stay below 50 a second.
    private static readonly TimeSpan SlowSync = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan OriginPatience = TimeSpan.FromSeconds(2);
    private static readonly DateTimeOffset ThisRelease = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan VerifyPatience = TimeSpan.FromSeconds(2);
    private const long LittleDisk = 1L << 30;
    private const int SyncRounds = 16;
    private const int MaxOrigins = 20;

    /// <summary>All findings, in the order in which a start would meet them.</summary>
    public static async IAsyncEnumerable<Finding> ExamineAsync(
        NodeConfig config, string? file, TimeProvider clock, [EnumeratorCancellation] CancellationToken cancellation)
    {
        yield return new Finding(Verdict.Ok, "config", file is null ? "no file: defaults are used" : $"{file} has no fault");
        var isHeld = false;
        foreach (var finding in Data(config.Node.Data, clock))
        {
            isHeld |= finding is { Subject: "data", Verdict: Verdict.Warn };
            yield return finding;
        }

        foreach (var finding in NamedFiles.Try(config))
        {
            yield return finding;
        }

        foreach (var (name, address) in ((string, ListenAddress?)[])[("delivery", config.Listen.Delivery), ("tls", config.Tls.Listen), ("api", config.Listen.Api), ("admin", config.Listen.Admin)])
        {
            if (address is not null)
            {
                yield return Port(name, address, isHeld);
            }
        }

        yield return Clock(clock);
        yield return Descriptors(config.Limits.Connections);
        using var http = new HttpClient { Timeout = OriginPatience };
        foreach (var origin in config.Routes.Select(r => r.Origin).Distinct().Take(MaxOrigins))
        {
            yield return await OriginAsync(http, origin, cancellation);
        }
    }

    private static IEnumerable<Finding> Data(string path, TimeProvider clock)
    {
        DataDirectory? data = null;
        Finding? refused = null;
        try
        {
            data = DataDirectory.Open(path);
        }
        catch (NodeStartException start)
        {
            // A running node is a good reason for the lock, hence no failure of the machine.
            refused = new Finding(start.Code == ExitCode.DataLocked ? Verdict.Warn : Verdict.Fail, "data", start.Message);
        }

        if (data is null)
        {
            yield return refused!;
            yield break;
        }

        using (data)
        {
            yield return new Finding(Verdict.Ok, "data", $"{data.Root} can be written and is free");
            yield return Sync(data.Root, clock);
            yield return Disk(data.Root);
            yield return Journal(data, clock);
        }
    }

    // The newest segments are where a crash leaves its traces; `millrace journal verify` reads all of them, however long that takes.
    private static Finding Journal(DataDirectory data, TimeProvider clock)
    {
        const string subject = "journal";
        if (!Directory.Exists(data.Journal))
        {
            return new Finding(Verdict.Ok, subject, "none yet: the first start makes it");
        }

        try
        {
            using ISubjectKeys keys = File.Exists(data.SubjectKeys) ? FileSubjectKeys.OpenReadOnly(data.SubjectKeys) : new MemorySubjectKeys();
            var (facts, whole) = ReadNewest(JournalInspection.Open(data.Journal, keys), clock);
            return new Finding(
                Verdict.Ok, subject,
                $"{facts} facts of the newest segments are whole{(whole ? "" : $", as far as {VerifyPatience.TotalSeconds} s went")}; `millrace journal verify` reads all");
        }
        catch (JournalCorruptException damaged)
        {
            return new Finding(Verdict.Fail, subject, $"damaged in segment {damaged.Segment} at offset {damaged.Offset}: {damaged.Message}; restore a copy of it");
        }
        catch (Exception refused) when (refused is JournalException or IOException or UnauthorizedAccessException)
        {
            return new Finding(Verdict.Fail, subject, $"it cannot be read: {refused.Message}");
        }
    }

    private static (long Facts, bool Whole) ReadNewest(JournalInspection journal, TimeProvider clock)
    {
        var start = clock.GetTimestamp();
        var facts = 0L;
        foreach (var (stream, partition) in journal.Partitions())
        {
            var segments = journal.Inspect(stream, partition).Segments;
            if (segments.Count == 0)
            {
                continue;
            }

            foreach (var _ in journal.Read(stream, partition, segments[^1].Facts.First))
            {
                facts++;
                if (clock.GetElapsedTime(start) > VerifyPatience)
                {
                    return (facts, false);
                }
            }
        }

        return (facts, true);
    }

    private static Finding Sync(string root, TimeProvider clock)
    {
        var probe = Path.Combine(root, "doctor.probe");
        var times = new TimeSpan[SyncRounds];
        try
        {
            using var file = new FileStream(probe, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Options = FileOptions.DeleteOnClose });
            for (var i = 0; i < SyncRounds; i++)
            {
                var start = clock.GetTimestamp();
                file.Write(new byte[4096]);
                file.Flush(flushToDisk: true);
                times[i] = clock.GetElapsedTime(start);
            }
        }
        catch (IOException failed)
        {
            return new Finding(Verdict.Fail, "fsync", $"the disk refused: {failed.Message}");
        }

        Array.Sort(times);
        var says = string.Create(
            CultureInfo.InvariantCulture, $"median {times[SyncRounds / 2].TotalMilliseconds:0.00} ms, slowest {times[^1].TotalMilliseconds:0.00} ms for 4 KiB");
        return times[SyncRounds / 2] > SlowSync
            ? new Finding(Verdict.Warn, "fsync", says + ": events are acknowledged this late; put node.data on a faster disk")
            : new Finding(Verdict.Ok, "fsync", says);
    }

    private static Finding Disk(string root)
    {
        var free = new DriveInfo(root).AvailableFreeSpace;
        var says = string.Create(CultureInfo.InvariantCulture, $"{free / (double)(1L << 30):0.0} GiB free");
        return free < LittleDisk ? new Finding(Verdict.Warn, "disk", says + ": a full disk stops learning; make room or set retention") : new Finding(Verdict.Ok, "disk", says);
    }

    private static Finding Port(string name, ListenAddress address, bool isHeld)
    {
        var subject = $"port {name}";
        if (address.Port == 0)
        {
            return new Finding(Verdict.Ok, subject, "the system will choose");
        }

        try
        {
            using var probe = new TcpListener(address.Address ?? IPAddress.Any, address.Port);
            probe.Start();
            return new Finding(Verdict.Ok, subject, $"{address} is free");
        }
        catch (SocketException refused)
        {
            return isHeld && refused.SocketErrorCode == SocketError.AddressAlreadyInUse
                ? new Finding(Verdict.Warn, subject, $"{address} is taken, as by the node that holds the data directory")
                : new Finding(Verdict.Fail, subject, $"{address}: {refused.Message}; stop the other process or set {(name == "tls" ? "tls.listen" : $"listen.{name}")}");
        }
    }

    private static Finding Clock(TimeProvider clock)
    {
        var now = clock.GetUtcNow();
        return now < ThisRelease
            ? new Finding(Verdict.Fail, "clock", $"{now:u} is before this release was made; set the clock, or every event is refused as too far ahead")
            : new Finding(Verdict.Ok, "clock", $"{now:u}");
    }

    private static Finding Descriptors(int connections)
    {
        const string limits = "/proc/self/limits";
        if (!File.Exists(limits))
        {
            return new Finding(Verdict.Ok, "descriptors", "this system does not say how many there are");
        }

        var soft = File.ReadLines(limits).FirstOrDefault(l => l.StartsWith("Max open files", StringComparison.Ordinal))
            ?.Split(' ', StringSplitOptions.RemoveEmptyEntries)[3] ?? "unlimited";

        // Two per connection (client and origin) and room for segments.
        var wanted = (2L * connections) + 1024;
        return long.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out var have) && have < wanted
            ? new Finding(Verdict.Warn, "descriptors", $"{have} are allowed, limits.connections {connections} may need {wanted}: raise `ulimit -n` or lower the limit")
            : new Finding(Verdict.Ok, "descriptors", $"{soft} are allowed");
    }

    private static async Task<Finding> OriginAsync(HttpClient http, Uri origin, CancellationToken cancellation)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Head, origin);
            using var response = await http.SendAsync(request, cancellation);
            return new Finding(Verdict.Ok, "origin", $"{origin} answers {(int)response.StatusCode}");
        }
        catch (Exception refused) when (refused is HttpRequestException or TaskCanceledException && !cancellation.IsCancellationRequested)
        {
            return new Finding(Verdict.Warn, "origin", $"{origin} does not answer within {OriginPatience.TotalSeconds} s: start it or correct the route");
        }
    }
}

/// <summary>One line of the doctor.</summary>
internal sealed record Finding(Verdict Verdict, string Subject, string Says);

/// <summary>How bad it is.</summary>
internal enum Verdict
{
    Ok,

    /// <summary>A node starts, but not as well as it could.</summary>
    Warn,

    /// <summary>A node would not start.</summary>
    Fail,
}
