using System.CommandLine;
using System.Net.Http.Headers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Millrace.Cli;

/// <summary><c>millrace cache explain</c>: asks a running node what it knows of a URL.</summary>
internal static class CacheCommands
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Create(TextWriter output)
    {
        var command = new Command("cache", "Looks into a running node's cache. Example: millrace cache explain https://news.example/");
        command.Subcommands.Add(Explain(output));
        return command;
    }

    private static Command Explain(TextWriter output)
    {
        var command = new Command("explain", """
            Says whether a URL is held, since and until when, under which key, why or why not, and what a request would get now. Asks the admin listener.

            Examples:
              MILLRACE_KEY=mr_… millrace cache explain https://news.example/story
              millrace cache explain https://news.example/story --key-file /run/secrets/millrace --header "Accept-Language: de"
            """);
        var options = new NodeOptions().AddTo(command);
        var url = new Argument<string>("url") { Description = "An absolute http or https URL, as clients ask for it." };
        var key = new KeyOptions("admin").AddTo(command);
        var admin = new Option<string?>("--admin") { Description = "The admin listener, like http://127.0.0.1:8082. Without it listen.admin." };
        var headers = new Option<string[]>("--header") { Description = "A field of the request, as 'Name: value'; may be repeated." };
        command.Arguments.Add(url);
        command.Options.Add(admin);
        command.Options.Add(headers);
        command.SetAction((parsed, cancellation) => CommandGuard.RunAsync(
            async () =>
            {
                var listener = options.SourceOf(parsed).Load().Listen.Admin;
                var at = parsed.GetValue(admin) ?? $"http://{listener.Address?.ToString() ?? "127.0.0.1"}:{listener.Port}";
                var query = string.Concat((parsed.GetValue(headers) ?? []).Select(header => $"&header={Uri.EscapeDataString(header)}"));
                return await AskAsync(new Uri($"{at.TrimEnd('/')}/v1/cache?url={Uri.EscapeDataString(parsed.GetValue(url)!)}{query}"), await key.ReadAsync(parsed, cancellation), output, cancellation);
            },
            parsed));
        return command;
    }

    private static async Task<ExitCode> AskAsync(Uri uri, string key, TextWriter output, CancellationToken cancellation)
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(30) };
        using var request = new HttpRequestMessage(HttpMethod.Get, uri);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        try
        {
            using var response = await client.SendAsync(request, cancellation);
            using var reply = JsonDocument.Parse(await response.Content.ReadAsStringAsync(cancellation));
            await output.WriteLineAsync(JsonSerializer.Serialize(reply.RootElement, Indented));
            return response.IsSuccessStatusCode ? ExitCode.Ok : ExitCode.Failure;
        }
        catch (Exception unreachable) when (unreachable is HttpRequestException or JsonException)
        {
            await output.WriteLineAsync($"The node's admin listener at {uri.GetLeftPart(UriPartial.Authority)} did not answer: {unreachable.Message} Start it, or name it by --admin.");
            return ExitCode.Failure;
        }
    }
}
