using System.Collections.Immutable;
using System.Text;
using Millrace.Delivery.Origins;
using Millrace.Delivery.Tiers;

namespace Millrace.Delivery.Routes;

/// <summary>A host and path pattern with its origin, its contract and its rules (decision 0017).</summary>
/// <param name="Match"><c>host/path</c>; the host is a name, <c>*.suffix</c> or <c>*</c>; a path that ends in <c>*</c> is a prefix, any other is exact.</param>
/// <param name="Origin">Absolute http or https URI; its path is put before the request's.</param>
/// <param name="Contract">What holds when the origin cannot be asked.</param>
/// <param name="TagParameter">The query parameter whose value is handed to the sink and never reaches key or origin; null for none.</param>
public sealed record Route(string Match, Uri Origin, Contract Contract, string? TagParameter = Route.DefaultTagParameter)
{
    private TargetRewrite? _rewrite;

    /// <summary>The parameter that a decision's URLs carry unless a route says otherwise.</summary>
    public const string DefaultTagParameter = "_mr";

    /// <summary>What <see cref="TargetedFields"/> is unless a route says otherwise.</summary>
    public static ImmutableArray<string> UsualTargetedFields => Freshness.TargetedFields.Usual;

    /// <summary>The servers to ask in place of <see cref="Origin"/>, which then names the first of them; null when there is one.</summary>
    public OriginGroupOptions? Group { get; init; }

    /// <summary>The nodes to ask before the origin; null for none.</summary>
    public ShieldOptions? Shields { get; init; }

    /// <summary>What of a target is key, and goes to the origin.</summary>
    public TargetRules Target { get; init; } = TargetRules.AsSent;

    /// <summary>Who may ask; null for everybody.</summary>
    public SigningRules? Signing { get; init; }

    /// <summary>The methods that are let through, upper case; empty for all. Others get 405.</summary>
    public ImmutableArray<string> Methods { get; init; } = [];

    /// <summary>Changes of the request as the origin sees it.</summary>
    public FieldChanges RequestFields { get; init; } = FieldChanges.None;

    /// <summary>Changes of the origin's answers, made before anything is decided about them.</summary>
    public FieldChanges ResponseFields { get; init; } = FieldChanges.None;

    /// <summary>Whether answers may be stored at all.</summary>
    public bool Cacheable { get; init; } = true;

    /// <summary>How long answers are fresh, where the operator knows better than they say.</summary>
    public LifetimeRules Lifetimes { get; init; } = LifetimeRules.AsStated;

    /// <summary>
    /// Fields that speak in place of Cache-Control (RFC 9213), the first that is there; <c>Surrogate-Control</c> is read in its own form. Empty for none.
    /// </summary>
    public ImmutableArray<string> TargetedFields { get; init; } = UsualTargetedFields;

    /// <summary>What becomes of answers that set cookies.</summary>
    public SetCookieRule SetCookie { get; init; }

    /// <summary>The largest body that is stored, in bytes; null leaves it to the plane's.</summary>
    public long? MaxObjectBytes { get; init; }

    /// <summary>Whether what the origin sent plain is compressed for clients that accept it.</summary>
    public bool Compress { get; init; } = true;

    /// <summary>
    /// Whether the origin is asked for no coding where the cache takes part, so that an origin that codes by itself gives one copy, of which every coding
    /// is made, and not one for each kind of client (decision 0018).
    /// </summary>
    public bool AskPlain { get; init; }

    /// <summary>Times that the origin is given; null leaves each to the plane's.</summary>
    public RouteTimeouts Timeouts { get; init; }

    /// <summary>Makes keys of targets.</summary>
    internal TargetRewrite Rewrite => _rewrite ?? new TargetRewrite(Target, TagParameter, Signing is not null);

    /// <summary>The same, with what its rules come down to computed once: a table's routes are.</summary>
    internal Route Compiled()
    {
        var compiled = this with { };
        compiled._rewrite = new TargetRewrite(Target, TagParameter, Signing is not null);
        return compiled;
    }

    /// <summary>What is wrong with the rules, each with the path of the setting that it is about.</summary>
    internal IEnumerable<string> Faults() => [.. Target.Faults(), .. Signing?.Faults() ?? [], .. FoldFaults(), .. MethodFaults(), .. RequestFields.Faults("request"), .. ResponseFields.Faults("response"), .. Lifetimes.Faults(), .. TargetedFaults()];

    internal bool Takes(ReadOnlySpan<byte> method)
    {
        foreach (var taken in Methods)
        {
            if (Ascii.Equals(method, taken))
            {
                return true;
            }
        }

        return Methods.IsEmpty;
    }

    private IEnumerable<string> MethodFaults() =>
        Methods.Where(static method => !Requests.Syntax.IsToken(method) || method.Any(char.IsAsciiLetterLower)).Select(static method => $"methods: expected upper-case tokens; got '{method}'");

    private IEnumerable<string> FoldFaults() =>
        Signing is not null && Target.FoldPathCase ? ["signed: expected no key.path: lower beside it, since what is signed is the path as it was sent"] : [];

    private IEnumerable<string> TargetedFaults() =>
        TargetedFields.Where(static name => !Requests.Syntax.IsToken(name)).Select(static name => $"cacheControl: expected field names; got '{name}'");
}

/// <summary>Times that an origin is given, in place of <see cref="DeliveryOptions"/>'s.</summary>
/// <param name="Connect">To connect.</param>
/// <param name="Response">From the whole request to the response's head.</param>
/// <param name="BodyIdle">Silence within a body.</param>
public readonly record struct RouteTimeouts(TimeSpan? Connect, TimeSpan? Response, TimeSpan? BodyIdle);
