using System.Globalization;

namespace Millrace.Soak.Fleet;

/// <summary>A node's place: its name, folder and ports, which stay the same over its restarts.</summary>
internal sealed record NodeSite(string Name, string Folder, string DiskFolder, int Port, int AdminPort, bool IsEdge)
{
    public string ConfigFile => Path.Combine(Folder, "millrace.yaml");

    public string LogFile => Path.Combine(Folder, "log");

    /// <summary>The node's configuration; <paramref name="generation"/> changes with each reload and is what an edge's answers carry.</summary>
    public string Configuration(IEnumerable<int> originPorts, IEnumerable<int> shieldPorts, int generation)
    {
        var members = string.Join(", ", originPorts.Select((port, index) => $"{{address: \"http://127.0.0.1:{port}\", weight: {1 + ((index + generation) % 3)}}}"));
        var shields = string.Join(", ", shieldPorts.Select(static port => $"{{address: \"http://127.0.0.1:{port}\"}}"));
        var routes = string.Concat(SoakRoute.All.Select(route => string.Create(CultureInfo.InvariantCulture,
            $"  - {{match: \"{route.Host}/*\", origin: pool, contract: {route.Contract}, timeouts: {{connect: 1s, response: 3s, idle: 3s}}{(IsEdge ? $", shield: upper, response: {{set: {{X-Generation: \"{generation}\"}}}}" : "")}}}\n")));
        return $$$"""
            node: {data: "{{{Folder}}}", name: {{{Name}}}}
            listen: {delivery: "127.0.0.1:{{{Port}}}", api: "127.0.0.1:0", admin: "127.0.0.1:{{{AdminPort}}}"}
            cache: {memory: {{{(IsEdge ? "24MiB" : "48MiB")}}}, disk: "{{{DiskFolder}}}", diskBytes: {{{(IsEdge ? "128MiB" : "512MiB")}}}, arriving: 32MiB, purgeLease: 2s}
            upstream: {keepAlive: 3s}
            limits: {keepAlive: 20s, drainGrace: 0s}
            log: {level: information}
            origins:
              pool: {members: [{{{members}}}], health: {path: /health, interval: 500ms, timeout: 1s, fall: 2, rise: 1}, ejection: {time: 2s}, breaker: {open: 1s}}
            routes:
            {{{routes}}}
            """ + (IsEdge ? $"\nshields:\n  upper: {{members: [{shields}], budget: 8s, breaker: {{open: 1s}}}}\n" : "\n");
    }
}
