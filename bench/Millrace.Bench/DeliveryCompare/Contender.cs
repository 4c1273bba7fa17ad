namespace Millrace.Bench.DeliveryCompare;

/// <summary>A cache to compare, listening before the common origin on one core.</summary>
/// <param name="Name">As the table says it.</param>
/// <param name="Server">Its process.</param>
/// <param name="Port">HTTP/1.1 without TLS.</param>
/// <param name="Http2Port">HTTP/2 without TLS by prior knowledge ("h2c").</param>
internal sealed record Contender(string Name, PinnedServer Server, int Port, int Http2Port)
{
    /// <summary>Core of the caches; the load and the origin have the other.</summary>
    private const int Core = 1;

    public static async Task<PinnedServer> OriginAsync(string work, int port)
    {
        var configuration = $$"""
            daemon off; pid {{work}}/origin.pid; error_log {{work}}/origin.log; worker_processes 1; user root;
            events { worker_connections 4096; }
            http {
              access_log off; default_type text/html; keepalive_requests 1000000; open_file_cache max=1000 inactive=1h;
              server { listen 127.0.0.1:{{port}}; root {{work}}/www; expires 1h; location /miss/ { try_files /1k =404; } }
            }
            """;
        return await NginxAsync(0, work, "origin", configuration, port);
    }

    /// <summary>nginx with its cache in memory-backed files and connections to the origin kept.</summary>
    public static async Task<Contender> NginxAsync(string work, int origin)
    {
        var (port, http2) = (PinnedServer.FreePort(), PinnedServer.FreePort());
        var configuration = $$"""
            daemon off; pid {{work}}/nginx.pid; error_log {{work}}/nginx.log; worker_processes 1; user root;
            events { worker_connections 4096; }
            http {
              access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; open_file_cache max=10000 inactive=1h;
              proxy_cache_path {{work}}/nginx-cache keys_zone=hits:64m max_size=1g levels=1:2;
              upstream origin { server 127.0.0.1:{{origin}}; keepalive 64; keepalive_requests 1000000; }
              server {
                listen 127.0.0.1:{{port}}; listen 127.0.0.1:{{http2}} http2;
                location / { proxy_pass http://origin; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_cache hits; add_header X-Cache $upstream_cache_status; }
              }
            }
            """;
        return new Contender("nginx", await NginxAsync(Core, work, "nginx", configuration, port), port, http2);
    }

    public static async Task<Contender> VarnishAsync(string work, int origin)
    {
        var port = PinnedServer.FreePort();
        var server = PinnedServer.Start(
            Core, $"{work}/varnish.out", "varnishd",
            ["-F", "-n", $"{work}/varnish", "-a", $"127.0.0.1:{port}", "-b", $"127.0.0.1:{origin}", "-s", "malloc,1g", "-p", "feature=+http2"]);
        await server.ListeningAsync(port);
        return new Contender("varnish", server, port, port);
    }

    public static async Task<Contender> MillraceAsync(string node, string work, int origin)
    {
        var port = PinnedServer.FreePort();
        File.WriteAllText($"{work}/millrace.yaml", $$"""
            node: {data: {{work}}/data}
            listen: {delivery: "127.0.0.1:{{port}}", api: "127.0.0.1:0", admin: "127.0.0.1:0"}
            routes: [{match: "*/*", origin: "http://127.0.0.1:{{origin}}"}]
            log: {level: error}
            """);
        var server = PinnedServer.Start(Core, $"{work}/millrace.out", "dotnet", [node, "up", "--config", $"{work}/millrace.yaml"]);
        await server.ListeningAsync(port);
        return new Contender("millrace", server, port, port);
    }

    private static async Task<PinnedServer> NginxAsync(int core, string work, string name, string configuration, int port)
    {
        File.WriteAllText($"{work}/{name}.conf", configuration);
        var server = PinnedServer.Start(core, $"{work}/{name}.out", "nginx", ["-p", work, "-c", $"{work}/{name}.conf"]);
        await server.ListeningAsync(port);
        return server;
    }
}
