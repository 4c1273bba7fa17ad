namespace Millrace.Delivery.Tests.Model;

/// <summary>A request, as its sender meant it.</summary>
internal sealed record Ask(string Method, string Target, Fields Fields)
{
    public Directives Control { get; } = Directives.OfCacheControl(Fields);

    public bool Is(string method) => Method == method;

    /// <summary>RFC 9110 §9.2.1. A method that nobody knows is taken as unsafe (RFC 9111 §4.4).</summary>
    public bool IsUnsafe => !(Is("GET") || Is("HEAD") || Is("OPTIONS"));
}

/// <summary>A final response as it was sent.</summary>
/// <param name="Status">Its code.</param>
/// <param name="Fields">Its fields.</param>
/// <param name="Body">What came; nothing for HEAD.</param>
/// <param name="Whole">The whole representation, whatever part of it was sent; the origin knows, clients do not.</param>
internal sealed record Answer(int Status, Fields Fields, byte[] Body, byte[] Whole)
{
    /// <summary>The origin numbers all that it says, so that each reply tells where it comes from.</summary>
    public string? Id => Fields.First("X-Id");
}

/// <summary>One request that reached the origin and what it got.</summary>
/// <param name="Order">Its place among all that reached the origin.</param>
/// <param name="Ask">What the plane sent.</param>
/// <param name="Answer">What the origin said; null when it hung up instead.</param>
/// <param name="Asked">When it began.</param>
/// <param name="Answered">When it ended.</param>
/// <param name="Step">The step of the history that caused it.</param>
internal sealed record Fetched(int Order, Ask Ask, Answer? Answer, DateTimeOffset Asked, DateTimeOffset Answered, int Step)
{
    /// <summary>An origin that cannot be reached, or says that it failed (RFC 9111 §4.2.4 and §4.3.3, RFC 5861 §4).</summary>
    public bool Failed => Answer is null or { Status: 500 or 502 or 503 or 504 };
}

/// <summary>One request of a client, what it got, and what reached the origin in between.</summary>
internal sealed record Served(int Step, Ask Ask, Answer Answer, DateTimeOffset Sent, DateTimeOffset Received, IReadOnlyList<Fetched> Fetches)
{
    /// <summary>What another client's request of the same moment made reach the origin: its answers came after this request, which may share them.</summary>
    public IReadOnlyList<Fetched> Beside { get; init; } = [];
}
