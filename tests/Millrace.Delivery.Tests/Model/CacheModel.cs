namespace Millrace.Delivery.Tests.Model;

/// <summary>
/// RFC 9111 as a judge: told all that reached the origin and all that clients got, it says whether each reply was one that a shared cache may give.
/// It keeps everything that a cache may still have; a cache is free to have less, so a reply need only be explained by something held.
/// </summary>
internal sealed class CacheModel
{
    /// <summary>For this long the plane may go by an origin's last failure without asking again (DeliveryOptions.FailureMemo).</summary>
    private static readonly TimeSpan FailureMemo = TimeSpan.FromSeconds(1);

    /// <summary>For this long after an uncacheable response the plane need not keep a cacheable one (DeliveryOptions.HitForMiss).</summary>
    private static readonly TimeSpan HitForMiss = TimeSpan.FromSeconds(20);

    private readonly Dictionary<string, DateTimeOffset> _failed = [];
    private readonly Dictionary<string, DateTimeOffset> _uncacheable = [];
    private readonly Dictionary<string, Fetched> _last = [];
    private readonly Dictionary<string, int> _changed = [];
    private List<Held> _held = [];
    private int _learned;

    /// <summary>Replies that came from the store, so that a test can tell a cache from a pipe.</summary>
    public int Reused { get; private set; }

    /// <summary>Judges one reply; null when it is allowed, else why it is not.</summary>
    public string? Judge(Served served)
    {
        foreach (var behind in served.Fetches.Where(fetched => fetched.Step != served.Step))
        {
            Learn(behind, served, isBehind: true);
        }

        var own = served.Fetches.Where(fetched => fetched.Step == served.Step).ToArray();
        var mustHit = MustHit(served);
        var known = _held;
        foreach (var fetched in own)
        {
            // A renewal that a 304 of another representation makes ask twice (§4.3.4) is still behind the reply.
            Learn(fetched, served, isBehind: own.All(one => one.Answer?.Id is { } id && id != served.Answer.Id && !one.Failed));
        }

        if (ForwardingFault(served, own) is { } fault)
        {
            return fault;
        }

        // Of two at a time either may come first.
        if (mustHit is not null && own.Length > 0 && served.Beside.Count == 0)
        {
            return $"went to the origin though this is fresh and plain: {mustHit.Fields}";
        }

        var failed = own.Any(static fetched => fetched.Failed) || (_failed.TryGetValue(served.Ask.Target, out var at) && served.Received - at <= FailureMemo);
        var judge = new ReplyJudge(served, own, [.. known.Union(_held)], failed);
        Reused += judge.IsReuse ? 1 : 0;
        return judge.Fault;
    }

    /// <summary>What reached the origin must be what the client's request calls for.</summary>
    private static string? ForwardingFault(Served served, Fetched[] own)
    {
        var (ask, reply) = (served.Ask, served.Answer);
        if (ask.IsUnsafe)
        {
            return own.Length == 1 && own[0].Ask.Method == ask.Method ? null : $"an unsafe method must be written through, once (§4), not {own.Length} times";
        }

        if (own.FirstOrDefault(fetched => fetched.Ask.Method != ask.Method && !(ask.Is("HEAD") && fetched.Ask.Is("GET"))) is { } strange)
        {
            return $"{ask.Method} became {strange.Ask.Method}";
        }

        return ask.Control.Has("only-if-cached") && !ask.Is("OPTIONS") && reply.Id is { } id && own.Any(fetched => fetched.Answer?.Id == id) ? "only-if-cached was answered by the origin (§5.2.1.7)" : null;
    }

    /// <summary>What a cache worth its name has and must use: the very last that the origin said of this target, when it is plain and fresh.</summary>
    private Held? MustHit(Served served)
    {
        var last = _held.LastOrDefault(held => held.Source.Ask.Target == served.Ask.Target);
        var isPlain = served.Ask.Is("GET")
            && !served.Ask.Fields.Lines.Any(static line => new[] { "Cache-Control", "Pragma", "Authorization", "Range" }.Any(name => Fields.Same(line.Name, name)));
        return last is { IsSurelyStored: true } && last.Latest == _last[served.Ask.Target] && isPlain && last.Selects(served.Ask)
            && !last.Control.Has("no-cache") && last.AgeAt(served.Sent) + last.Slack < last.Lifetime ? last : null;
    }

    /// <summary>Takes in what the origin said.</summary>
    /// <param name="fetched">The exchange.</param>
    /// <param name="served">The request that caused it, as the client sent it, and its reply.</param>
    /// <param name="isBehind">Whether no client waited for it: when the cache takes it in is then not known exactly.</param>
    private void Learn(Fetched fetched, Served served, bool isBehind)
    {
        var client = served.Ask;
        var (ask, answer) = (fetched.Ask, fetched.Answer);
        _learned++;
        _last[ask.Target] = fetched;
        if (fetched.Failed)
        {
            _failed[ask.Target] = fetched.Answered;
        }

        if (answer is null)
        {
            return;
        }

        var next = new List<Held>(_held);
        if (ask.IsUnsafe && answer.Status is >= 200 and < 400)
        {
            // §4.4: the target, and what Location and Content-Location name of the same origin.
            string?[] named = [client.Target, answer.Fields.First("Location"), answer.Fields.First("Content-Location")];
            foreach (var target in named.OfType<string>())
            {
                _changed[target] = fetched.Order;
            }

            next = [.. next.Select(held => named.Contains(held.Source.Ask.Target) ? held with { Invalid = true } : held)];
        }

        if (answer.Status == 304)
        {
            // A client's own condition, or a request of which nothing may be stored, leaves it to the cache whether what it holds is renewed; of two at a
            // time, each may have validated what was here before both.
            var isFree = isBehind || served.Beside.Count > 0 || client.Fields.Has("If-None-Match") || client.Fields.Has("If-Modified-Since") || client.Fields.Has("Authorization") || client.Control.Has("no-store");
            next = Validated(next, fetched, !isFree, isBehind);
        }
        else if (ask.Is("HEAD") && answer.Status == 200)
        {
            next = [.. next.SelectMany(held => AfterHead(held, fetched, served)), Held.Of(fetched) with { Behind = isBehind, Learned = _learned }];
        }
        else
        {
            next.Add(Held.Of(fetched) with { Behind = isBehind, Learned = _learned });
        }

        // What the origin said before it took a change in tells of what was there before: it must not outlive the change (§4.4).
        if (_changed.TryGetValue(ask.Target, out var changed) && fetched.Order < changed)
        {
            next = [.. next.Select(held => held.Latest == fetched ? held with { Invalid = true } : held)];
        }

        if (served.Beside.Count > 0)
        {
            next = [.. next.Select(held => held.Latest == fetched ? held with { Slack = (fetched.Asked - served.Sent).TotalSeconds } : held)];
        }

        var isMarked = _uncacheable.TryGetValue(ask.Target, out var at) && fetched.Answered - at <= HitForMiss;
        if (!next.Any(held => held.Latest == fetched && held.IsSurelyStored))
        {
            _uncacheable[ask.Target] = fetched.Answered;
            isMarked = true;
        }

        if (isMarked)
        {
            next = [.. next.Select(held => held.Source.Ask.Target == ask.Target ? held with { Doubtful = true } : held)];
        }

        _held = next;
    }

    /// <summary>§4.3.4: a 304 renews what it names by a validator.</summary>
    private List<Held> Validated(List<Held> all, Fetched fetched, bool isCertain, bool isBehind)
    {
        List<Held> next = [];
        foreach (var held in all)
        {
            if (held.Source.Ask.Target != fetched.Ask.Target || !Validators.Name(fetched.Answer!.Fields, held.Fields))
            {
                next.Add(held);
                continue;
            }

            if (!isCertain)
            {
                next.Add(held);
            }

            // What was not to be stored, or not to be sent again without validation, comes with the 304 or not at all.
            next.Add(held with { Latest = fetched, Fields = held.Fields.Without(held.IsWithheld).UpdatedBy(Held.Dated(fetched)), Invalid = false, Outdated = null, Behind = isBehind, Doubtful = false, Learned = _learned });
        }

        return next;
    }

    /// <summary>§4.3.5: a HEAD may renew what it agrees with, and tells that what it contradicts is stale.</summary>
    private IEnumerable<Held> AfterHead(Held held, Fetched fetched, Served served)
    {
        var client = served.Ask;
        if (held.Source.Ask.Target != fetched.Ask.Target || !held.Selects(fetched.Ask))
        {
            return [held];
        }

        // SHOULD: one person's answer need say nothing of the copy that all share; and of two at a time either may come first.
        var isFree = served.Beside.Count > 0 || client.Control.Has("no-store") || client.Fields.Has("Authorization") || client.Fields.Has("Cookie");
        var said = fetched.Answer!.Fields;
        var agrees = new[] { "ETag", "Last-Modified", "Content-Length" }.All(name => !said.Has(name) || said.First(name) == held.Fields.First(name));

        // As with a 304, what was not to be sent again without validation comes with the HEAD's answer or not at all.
        return agrees
            ? [held, held with { Latest = fetched, Fields = held.Fields.Without(held.IsWithheld).UpdatedBy(Held.Dated(fetched)), Outdated = null, Behind = true, Learned = _learned }]
            : isFree ? [held, held with { Outdated = fetched.Answered }] : [held with { Outdated = fetched.Answered }];
    }
}
