namespace Millrace.Delivery.Tests.Rfc9111;

/// <summary>Where a reply came from.</summary>
public enum Came
{
    /// <summary>The case does not say.</summary>
    Anyhow,

    /// <summary>From the origin's answer to this request.</summary>
    FromOrigin,

    /// <summary>From the store; the origin heard nothing.</summary>
    FromCache,

    /// <summary>From the store, after the origin said that it is still good.</summary>
    Revalidated,

    /// <summary>From the store, while the origin is asked behind the reply.</summary>
    FromCacheThenAsked,
}

/// <summary>
/// One request of a case: what the client asks, what the origin would answer, and what must come of it. Field lines read <c>Name: value</c>;
/// <c>{now}</c>, <c>{now-10}</c> and <c>{now+60}</c> stand for dates, <c>{url}</c> for the case's path, <c>{edge}</c> for the edge's address.
/// </summary>
public sealed class Step(string method)
{
    public string Method { get; } = method;

    public string Suffix { get; private set; } = "";

    public string? RequestBody { get; private set; }

    public List<string> Request { get; } = [];

    public int WaitSeconds { get; private set; }

    public int OriginStatus { get; private set; } = 200;

    public List<string> Origin { get; } = [];

    public string? OriginBody { get; private set; }

    public string? Interim { get; private set; }

    public bool OriginHangsUp { get; private set; }

    public bool OriginCuts { get; private set; }

    public int OriginTakesSeconds { get; private set; }

    public Came Came { get; private set; }

    public int? Status { get; private set; }

    public string? Body { get; private set; }

    public List<string> Has { get; } = [];

    public List<string> Lacks { get; } = [];

    public List<string> Sends { get; } = [];

    public List<string> SendsNo { get; } = [];

    public static Step Get(params string[] request) => new Step("GET").With(request);

    public static Step Head(params string[] request) => new Step("HEAD").With(request);

    public static Step Ask(string method, string? body = null, params string[] request) => new Step(method) { RequestBody = body }.With(request);

    public Step With(params string[] request) => Do(() => Request.AddRange(request));

    /// <summary>At another path, below the case's own, or with a query.</summary>
    public Step At(string suffix) => Do(() => Suffix = suffix);

    /// <summary>Time that passes before the request.</summary>
    public Step After(int seconds) => Do(() => WaitSeconds = seconds);

    public Step Answers(params string[] fields) => Do(() => Origin.AddRange(fields));

    public Step Answers(int status, params string[] fields) => Do(() => OriginStatus = status).Answers(fields);

    public Step Says(string body) => Do(() => OriginBody = body);

    public Step Informs(string interim) => Do(() => Interim = interim);

    public Step HangsUp() => Do(() => OriginHangsUp = true);

    /// <summary>The origin says more length than it sends, then closes.</summary>
    public Step Cuts() => Do(() => OriginCuts = true);

    /// <summary>Time that the origin takes to answer.</summary>
    public Step Takes(int seconds) => Do(() => OriginTakesSeconds = seconds);

    public Step FromOrigin() => Do(() => Came = Came.FromOrigin);

    public Step FromCache() => Do(() => Came = Came.FromCache);

    public Step Revalidated() => Do(() => Came = Came.Revalidated);

    public Step FromCacheThenAsked() => Do(() => Came = Came.FromCacheThenAsked);

    public Step Gives(int status, string? body = null) => Do(() => (Status, Body) = (status, body));

    public Step GivesField(params string[] fields) => Do(() => Has.AddRange(fields));

    public Step GivesNo(params string[] names) => Do(() => Lacks.AddRange(names));

    /// <summary>Fields that the origin must have seen, exactly.</summary>
    public Step Sent(params string[] fields) => Do(() => Sends.AddRange(fields));

    public Step SentNo(params string[] names) => Do(() => SendsNo.AddRange(names));

    private Step Do(Action change)
    {
        change();
        return this;
    }
}

/// <summary>A sentence of a specification and the exchange that shows whether it is met.</summary>
public sealed record Scenario(string Section, string Sentence, Step[] Steps)
{
    public override string ToString() => $"{Section}: {Sentence}";
}
