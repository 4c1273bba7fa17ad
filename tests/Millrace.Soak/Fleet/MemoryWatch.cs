namespace Millrace.Soak.Fleet;

/// <summary>Reads the resident memory of each node once a second.</summary>
internal sealed class MemoryWatch(SoakFleet fleet, RunClock clock)
{
    private readonly Dictionary<string, List<(double Minutes, double Megabytes)>> _readings = fleet.Nodes.ToDictionary(static node => node.Site.Name, static _ => new List<(double, double)>());

    public async Task RunAsync(CancellationToken end)
    {
        using PeriodicTimer timer = new(TimeSpan.FromSeconds(1));
        while (!end.IsCancellationRequested)
        {
            foreach (var node in fleet.Nodes)
            {
                Read(node);
            }

            await Task.WhenAny(timer.WaitForNextTickAsync(CancellationToken.None).AsTask());
        }
    }

    /// <summary>Each node's largest reading, and its slope in MiB a minute over the run's second half.</summary>
    public IEnumerable<(string Node, double Most, double Slope)> Readings() =>
        _readings.Where(static each => each.Value.Count > 1).Select(static each => (each.Key, each.Value.Max(static reading => reading.Megabytes), Slope([.. each.Value.Skip(each.Value.Count / 2)])));

    private void Read(NodeProcess node)
    {
        try
        {
            if (node.IsUp && node.ResidentMegabytes() is > 0 and var megabytes)
            {
                _readings[node.Site.Name].Add((clock.Now / 60_000, megabytes));
            }
        }
        catch (InvalidOperationException)
        {
            // It was killed between the two looks.
        }
    }

    private static double Slope((double X, double Y)[] points)
    {
        var (x, y) = (points.Average(static p => p.X), points.Average(static p => p.Y));
        var spread = points.Sum(p => (p.X - x) * (p.X - x));
        return spread == 0 ? 0 : points.Sum(p => (p.X - x) * (p.Y - y)) / spread;
    }
}
