using System.Net;
using System.Net.Sockets;
using Millrace.Soak.Content;
using Millrace.Soak.Origin;

namespace Millrace.Soak.Fleet;

/// <summary>Two edges, two shields and an origin group of three: the nodes are processes, the origin's members are in this one.</summary>
internal sealed class SoakFleet : IDisposable
{
    private readonly List<(double From, double To)> _outages = [];
    private int _generation;

    public SoakFleet(SoakOptions options, RunClock clock, Catalogue catalogue, string work)
    {
        Plan = new FaultPlan(options);
        Log = new OriginLog(clock, Plan, catalogue.Count);
        Random random = new(Environment.ProcessId);
        Origins = [.. Enumerable.Range(0, 3).Select(_ => new OriginMember(clock, options, catalogue, Plan, Log, FreePort(random)))];
        Shields = [.. Enumerable.Range(1, 2).Select(number => Node($"shield{number}", false))];
        Edges = [.. Enumerable.Range(1, 2).Select(number => Node($"edge{number}", true))];

        NodeProcess Node(string name, bool isEdge)
        {
            var folder = Directory.CreateDirectory(Path.Combine(work, name)).FullName;
            return new NodeProcess(new NodeSite(name, folder, Path.Combine(folder, "cache"), FreePort(random), FreePort(random), isEdge), clock);
        }
    }

    public OriginLog Log { get; }

    public FaultPlan Plan { get; }

    public OriginMember[] Origins { get; }

    public NodeProcess[] Shields { get; }

    public NodeProcess[] Edges { get; }

    public IEnumerable<NodeProcess> Nodes => [.. Shields, .. Edges];

    /// <summary>The generation of the configuration that edges were last told.</summary>
    public int Generation => Volatile.Read(ref _generation);

    public async Task StartAsync()
    {
        foreach (var origin in Origins)
        {
            origin.Up();
        }

        foreach (var node in Nodes)
        {
            node.Reload(ConfigurationOf(node));
        }

        await Task.WhenAll(Nodes.Select(static node => node.StartAsync()));
    }

    public void ReloadAll()
    {
        Interlocked.Increment(ref _generation);
        foreach (var node in Nodes)
        {
            node.Reload(ConfigurationOf(node));
        }
    }

    public void MemberDown(int member, double now)
    {
        lock (_outages)
        {
            _outages.Add((now, double.PositiveInfinity));
        }

        Origins[member].Down();
    }

    public void MemberUp(int member, double now)
    {
        Origins[member].Up();
        lock (_outages)
        {
            _outages[^1] = (_outages[^1].From, now);
        }
    }

    /// <summary>Whether a member of the origin group was away between two moments.</summary>
    public bool HadOutageBetween(double from, double to)
    {
        lock (_outages)
        {
            return _outages.Exists(gap => gap.From <= to && gap.To >= from);
        }
    }

    public void Dispose()
    {
        foreach (var node in Nodes)
        {
            node.Dispose();
        }

        foreach (var origin in Origins)
        {
            origin.Dispose();
        }
    }

    private string ConfigurationOf(NodeProcess node) =>
        node.Site.Configuration(Origins.Select(static origin => origin.Port), Shields.Select(static shield => shield.Site.Port), _generation);

    /// <summary>A port below those that the system hands out by itself, so that a node finds it free again after a restart.</summary>
    private static int FreePort(Random random)
    {
        while (true)
        {
            var port = random.Next(12_000, 32_000);
            try
            {
                using TcpListener listener = new(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Somebody's.
            }
        }
    }
}
