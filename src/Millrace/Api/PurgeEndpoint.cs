using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Millrace.Api.Json;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Api;

/// <summary>A purge as it comes over the wire.</summary>
internal sealed class PurgeDraft
{
    public ImmutableArray<string> Urls { get; set; } = [];

    public ImmutableArray<string> Keys { get; set; } = [];

    public ImmutableArray<string> Prefixes { get; set; } = [];

    public string? Route { get; set; }

    public bool Soft { get; set; }

    public bool Wait { get; set; }

    public Purged ToFact(string tenant, string factId, UnixMicros now) => new()
    {
        Id = factId, Tenant = tenant, Time = now, Urls = Urls, Keys = Keys, Route = Route, Prefixes = Prefixes.IsEmpty ? null : Prefixes, Soft = Soft,
    };
}

/// <summary>POST /v1/purge, and GET /v1/purge/{offset}, which waits for one.</summary>
internal sealed class PurgeEndpoint(ApiServices services)
{
    /// <summary>A wait that is longer is asked again.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan UsualWait = TimeSpan.FromSeconds(10);

    public static readonly ObjectShape<PurgeDraft> Shape = new ObjectShape<PurgeDraft>("Purge", "Voids stored responses, or makes them stale: by exactly one of urls, keys, route, prefixes.")
        .With("urls", new ListShape<string>(TextShape.WebUrl, 1_000), (p, v) => p.Urls = v, "Absolute URLs.")
        .With("keys", new ListShape<string>(new TextShape(1, 256, "a surrogate key"), 1_000), (p, v) => p.Keys = v, "Surrogate keys.")
        .With("route", new TextShape(1, 256, "a route"), (p, v) => p.Route = v, "A route, by its match.")
        .With("prefixes", new ListShape<string>(Prefix, 100), (p, v) => p.Prefixes = v, "Beginnings of absolute URLs, each with a host and a slash at least; with a query only where the route keeps queries as they are.")
        .With("mode", new WordShape<bool>(("hard", false), ("soft", true)), (p, v) => p.Soft = v, "hard voids; soft makes stale, to be validated before the next use or served as stale responses may be.")
        .With("wait", new WordShape<bool>(("none", false), ("edges", true)), (p, v) => p.Wait = v, "edges answers when every edge obeys, or after 10 s, and names those that do not yet.")
        .Holding((purge, at) =>
        {
            var given = (purge.Urls.IsEmpty ? 0 : 1) + (purge.Keys.IsEmpty ? 0 : 1) + (purge.Route is null ? 0 : 1) + (purge.Prefixes.IsEmpty ? 0 : 1);
            if (given != 1)
            {
                at.Add("exactly one of urls, keys, route and prefixes, not empty", $"{given} of them");
            }

            FactRoom.Check(purge.ToFact(FactRoom.LongestId, FactRoom.LongestId, default), at);
        });

    private static TextShape Prefix => new(1, 2_048, "the beginning of an absolute http or https URL, up to a slash after the host at least")
    {
        Holds = text => Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.Host.Length > 0
            && text.IndexOf('/', url.Scheme.Length + 3) > 0 && !text.Contains('#', StringComparison.Ordinal),
    };

    public async Task PostAsync(HttpContext context)
    {
        var draft = await RequestBody.ReadAsync(context, services, Shape);
        if (draft.Route is not null && !services.Purge.Routes.Contains(draft.Route))
        {
            throw new ProblemException(ProblemReason.Invalid, $"Expected the match of a route, got {Reading.Quote(draft.Route)}.", [new Fault("/route", "the match of a route", draft.Route)]);
        }

        Fault[] unclear = [.. draft.Prefixes.Select(static (prefix, i) => (prefix, i)).Select(one => (one, Fault: services.Purge.PrefixFault(one.prefix)))
            .Where(static found => found.Fault is not null).Select(static found => new Fault($"/prefixes/{found.one.i}", found.Fault!, found.one.prefix))];
        if (unclear.Length > 0)
        {
            throw new ProblemException(ProblemReason.Invalid, "Nothing was purged.", unclear);
        }

        var purge = draft.ToFact(services.Tenant(context), services.NewId(), services.Now);
        var position = await services.Purge.PurgeAsync(purge, context.RequestAborted);
        var touched = draft.Wait ? await TryWaitAsync(position, context.RequestAborted) : null;

        // The purge stands in the journal whatever its edges do: who asked to wait is told how far they are, and where to wait on.
        await Reply.JsonAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteString("purgeId", purge.Id);
            Reply.Write(json, position);
            if (touched is { } count)
            {
                json.WriteNumber("voided", count);
            }

            if (draft.Wait)
            {
                WriteEdges(json, touched is not null);
            }
        });
    }

    public async Task WaitAsync(HttpContext context)
    {
        var text = Endpoint.PathId(context, 2);
        var patience = Patience(context);
        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var offset) || !services.Purge.IsTaken(PositionOf(offset)))
        {
            throw new ProblemException(ProblemReason.UnknownPosition, $"Expected the offset of a purge's position, got {Reading.Quote(text)}.");
        }

        var touched = await WaitAsync(PositionOf(offset), patience, context.RequestAborted);
        await Reply.JsonAsync(context, StatusCodes.Status200OK, json =>
        {
            Reply.Write(json, PositionOf(offset));
            json.WriteBoolean("obeyed", touched is not null);
            WriteEdges(json, touched is not null);
        });
    }

    /// <summary>How many responses the purge touched once its edges obey it; null when they do not in time, or cannot hear of it now.</summary>
    private async ValueTask<int?> TryWaitAsync(Position position, CancellationToken aborted)
    {
        try
        {
            return await WaitAsync(position, UsualWait, aborted);
        }
        catch (JournalFaultException)
        {
            return null;
        }
    }

    /// <inheritdoc cref="TryWaitAsync"/>
    /// <exception cref="JournalFaultException">Purges cannot be followed now.</exception>
    private async ValueTask<int?> WaitAsync(Position position, TimeSpan patience, CancellationToken aborted)
    {
        using var patient = new CancellationTokenSource(patience, services.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patient.Token, aborted);
        try
        {
            return await services.Purge.WaitAsync(position, either.Token);
        }
        catch (OperationCanceledException) when (!aborted.IsCancellationRequested)
        {
            return null;
        }
    }

    private void WriteEdges(Utf8JsonWriter json, bool haveObeyed)
    {
        json.WriteStartObject("edges");
        foreach (var (name, these) in (ReadOnlySpan<(string, bool)>)[("obeyed", haveObeyed), ("waiting", !haveObeyed)])
        {
            json.WriteStartArray(name);
            foreach (var edge in these ? services.Purge.Edges : [])
            {
                json.WriteStringValue(edge);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static TimeSpan Patience(HttpContext context)
    {
        var query = context.Request.Query;
        var text = query["timeoutMs"].ToString();
        return query.Count == 0 ? UsualWait
            : query.Count == 1 && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var wait) && TimeSpan.FromMilliseconds(wait) <= LongestWait
                ? TimeSpan.FromMilliseconds(wait)
                : throw new ProblemException(ProblemReason.Invalid, $"Expected no query, or timeoutMs from 0 to {LongestWait.TotalMilliseconds}, got {Reading.Quote(context.Request.QueryString.ToString())}.");
    }

    /// <summary>The control stream has one partition for ever (DESIGN §9).</summary>
    private static Position PositionOf(long offset) => new(JournalStream.Control, 0, offset);
}
