using System.Diagnostics;
using System.Globalization;
using Millrace.Soak.Chaos;
using Millrace.Soak.Clients;
using Millrace.Soak.Content;
using Millrace.Soak.Fleet;
using Millrace.Soak.Oracle;

namespace Millrace.Soak;

/// <summary>One run: a fleet comes up, clients load it, things happen to it, it comes to rest, and the oracle says what it saw.</summary>
internal sealed class SoakRun(SoakOptions options)
{
    /// <summary>Smaller than what the second edge would keep, so that its disk is full most of the time.</summary>
    private const string SmallDisk = "size=72m";

    /// <summary>Runs, and prints what there was. Returns 0 when nothing was wrong, 1 when something was.</summary>
    public async Task<int> RunAsync()
    {
        var work = options.Work.Length > 0 ? Directory.CreateDirectory(options.Work).FullName : Directory.CreateTempSubdirectory("millrace-soak-").FullName;
        RunClock clock = new();
        Catalogue catalogue = new(options);
        Violations violations = new();
        PurgeBook purges = new();
        LoadTally tally = new();
        using SoakFleet fleet = new(options, clock, catalogue, work);
        var small = fleet.Edges[1].Site.DiskFolder;
        var isMounted = Mount(small);
        try
        {
            SoakOracle oracle = new(fleet, purges, violations);
            ChaosPlan chaos = new(options, clock, catalogue, fleet, oracle, purges);
            MemoryWatch memory = new(fleet, clock);
            RestCheck rest = new(fleet, catalogue, purges, violations);
            await fleet.StartAsync();
            using CancellationTokenSource end = new(options.Duration);
            var began = clock.Now;
            await Task.WhenAll(new Load(options, clock, catalogue, fleet, oracle, tally).RunAsync(end.Token), chaos.RunAsync(end.Token), memory.RunAsync(end.Token));
            var seconds = (clock.Now - began) / 1_000;
            Console.Error.WriteLine("the load has ended; waiting for the nodes to come to rest");
            await rest.RunAsync(seconds, chaos);
            rest.CheckMemory(memory);
            if (tally.Answers < options.Duration.TotalSeconds || purges.Count == 0)
            {
                violations.Add("idle", $"{tally.Answers} answers and {purges.Count} purges prove nothing");
            }

            foreach (var line in (string[])[
                .. violations.Any ? chaos.Story : [],
                string.Create(CultureInfo.InvariantCulture, $"seed {options.Seed}, {options.Objects} objects, {seconds:F0} s: {tally.Answers} answers ({tally.Answers / seconds:F0}/s), {tally.Bytes / 1048576.0 / seconds:F1} MiB/s, {tally.Broken} broken"),
                .. tally.Lines(),
                string.Create(CultureInfo.InvariantCulture, $"origin: {fleet.Log.Requests} requests ({(double)fleet.Log.Requests / Math.Max(1, tally.Answers):P1} of the answers), {fleet.Log.Bytes / 1048576.0:F0} MiB; dealt: {fleet.Log.FaultsDealt}"),
                $"events: {purges.Count} purges, {chaos.Kills} kills, {chaos.Reloads} reloads, {chaos.Outages} members away, small disk {(isMounted ? "full" : "not mounted (needs root)")}",
                .. memory.Readings().Select(static each => string.Create(CultureInfo.InvariantCulture, $"{each.Node}: at most {each.Most:F0} MiB, {each.Slope:+0.0;-0.0} MiB a minute in the second half")),
                .. violations.Lines(),
                violations.Any ? $"FAILED; the nodes' folders are in {work}" : "clean"])
            {
                Console.WriteLine(line);
            }

            return violations.Any ? 1 : 0;
        }
        finally
        {
            fleet.Dispose();
            if (isMounted)
            {
                await Command("umount", "-l", small).WaitForExitAsync();
            }

            if (!violations.Any && options.Work.Length == 0)
            {
                Directory.Delete(work, recursive: true);
            }
        }
    }

    private static bool Mount(string folder)
    {
        Directory.CreateDirectory(folder);
        if (Environment.UserName != "root")
        {
            return false;
        }

        using var mount = Command("mount", "-t", "tmpfs", "-o", SmallDisk, "tmpfs", folder);
        mount.WaitForExit();
        return mount.ExitCode == 0;
    }

    private static Process Command(string name, params string[] arguments) => Process.Start(new ProcessStartInfo(name, arguments) { RedirectStandardError = true })!;
}
