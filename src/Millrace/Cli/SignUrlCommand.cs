using System.CommandLine;
using Millrace.Delivery.Routes;
using Millrace.Node.Configuration;

namespace Millrace.Cli;

/// <summary><c>millrace sign-url</c>: signs a URL by a key of the route that serves it.</summary>
internal static class SignUrlCommand
{
    public static Command Create(TimeProvider clock, TextWriter output)
    {
        var command = new Command("sign-url", """
            Signs a URL of a route with `signed`, by one of its keys; docs/API.md (Signed URLs) says how to do it elsewhere.

            Examples:
              millrace sign-url https://video.example/film.mp4 --for 1h
              millrace sign-url https://video.example/film.mp4 --for 7d --key k2
            """);
        var options = new NodeOptions().AddTo(command);
        var url = new Argument<string>("url") { Description = "An absolute http or https URL." };
        var lasting = new Option<string>("--for") { Description = "How long it is good, like 30s, 1h or 7d.", DefaultValueFactory = _ => "1h" };
        var id = new Option<string?>("--key") { Description = "The key's id. Without it the first of the route." };
        lasting.Validators.Add(parsed =>
        {
            if (Quantities.ParseDuration(parsed.GetValueOrDefault<string>() ?? "") is null)
            {
                parsed.AddError($"--for: expected {Quantities.DurationExpected}");
            }
        });
        command.Arguments.Add(url);
        command.Options.Add(lasting);
        command.Options.Add(id);
        command.SetAction((parsed, _) => CommandGuard.RunAsync(
            async () =>
            {
                var routes = RouteTable.Create(options.SourceOf(parsed).Load().Routes);
                var (signed, fault) = Sign(routes, parsed.GetValue(url)!, parsed.GetValue(id), clock.GetUtcNow() + Quantities.ParseDuration(parsed.GetValue(lasting)!)!.Value);
                await output.WriteLineAsync(signed ?? fault);
                return signed is null ? ExitCode.Failure : ExitCode.Ok;
            },
            parsed));
        return command;
    }

    private static (string? Signed, string? Fault) Sign(RouteTable routes, string url, string? id, DateTimeOffset expires)
    {
        var route = routes.FindByUrl(url);
        if (route?.Signing is not { } signing)
        {
            return (null, route is null ? $"No route serves '{url}': expected an absolute URL of a route." : $"The route '{route.Match}' takes URLs without a signature.");
        }

        var key = signing.Keys.FirstOrDefault(key => id is null || key.Id == id);
        if (key is null)
        {
            return (null, $"The route '{route.Match}' has no key '{id}': expected one of {string.Join(", ", signing.Keys.Select(known => known.Id))}.");
        }

        try
        {
            return (key.Sign(url, expires), null);
        }
        catch (ArgumentException refused)
        {
            return (null, refused.Message);
        }
    }
}
