using System.Collections.Immutable;
using Millrace.Features.Definitions;

namespace Millrace.Node.Configuration;

/// <summary>A kind of feature of some entities: what it needs, what it takes, and the definition that it means.</summary>
/// <param name="Key">The key that names it.</param>
/// <param name="Entities">What it may be a value of; the first where nothing is written.</param>
/// <param name="Bind">The definition of one without faults.</param>
internal sealed record FeatureKind(string Key, ImmutableArray<string> Entities, Func<WrittenFeature, FeatureDefinition> Bind)
{
    /// <summary>Settings that must be written.</summary>
    public ImmutableArray<string> Needs { get; init; } = [];

    /// <summary>Two settings of which exactly one must be written; empty when there are none.</summary>
    public ImmutableArray<string> Either { get; init; } = [];

    /// <summary>Settings that may be written.</summary>
    public ImmutableArray<string> Takes { get; init; } = [];

    /// <summary>The words of <c>as</c>; empty when it takes none.</summary>
    public ImmutableArray<string> As { get; init; } = [];

    /// <summary>Settings that name a part, and which parts they may name.</summary>
    public ImmutableArray<(string Setting, FeatureParts Parts)> Parts { get; init; } = [];

    /// <summary>All settings that may be written.</summary>
    public IEnumerable<string> Settings => [.. Needs, .. Either, .. Takes, .. As.IsEmpty ? [] : (string[])["as"]];
}

/// <summary>Some parts of items or requests.</summary>
/// <param name="Expected">In a fault's words.</param>
/// <param name="Has">Whether a part is one of them.</param>
internal sealed record FeatureParts(string Expected, Func<string, bool> Has)
{
    private const string AttributePrefix = "attribute:";
    private const string ContextPrefix = "context:";

    public static FeatureParts Item { get; } = new("provider, kind or attribute:NAME of the item", t => t is "provider" or "kind" || t.StartsWith(AttributePrefix, StringComparison.Ordinal));

    public static FeatureParts Attribute { get; } = new("attribute:NAME of the item", t => t.StartsWith(AttributePrefix, StringComparison.Ordinal));

    public static FeatureParts Request { get; } = new(
        "surface, segment, slot or context:NAME of the request", t => t is "surface" or "segment" or "slot" || t.StartsWith(ContextPrefix, StringComparison.Ordinal));

    public static FeatureParts Context { get; } = new("context:NAME of the request", t => t.StartsWith(ContextPrefix, StringComparison.Ordinal));
}

/// <summary>A feature as it is written, seen by the binder of its kind.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Entity">What it is a value of, as a word.</param>
/// <param name="Written">Its settings.</param>
internal readonly record struct WrittenFeature(FeatureKind Kind, string Entity, BoundObject Written)
{
    public string Name => Written.Get<string>("name");

    /// <summary>The value of the key that names the kind: mostly an event.</summary>
    public string Key => Written.Get<string>(Kind.Key);

    public TimeSpan Window => Written.Get<TimeSpan>("window");

    public TimeSpan? HalfLife => Written.Find<TimeSpan>("halfLife");

    public string By => Written.Get<string>("by");

    public string Unit => Written.Get<string>("unit");

    /// <summary>Whose past it reads.</summary>
    public FeatureEntity Person => Entity.StartsWith("user", StringComparison.Ordinal) ? FeatureEntity.User : FeatureEntity.Session;

    public int Int(string setting) => Written.Get<int>(setting);

    /// <summary>A part's name without what tells where it stands: NAME of <c>attribute:NAME</c>.</summary>
    public static string NameOf(string part) => part[(part.IndexOf(':', StringComparison.Ordinal) + 1)..];

    /// <summary>How it is read.</summary>
    public T As<T>(T otherwise)
        where T : struct, Enum => Written["as"].Text is { } word ? Enum.Parse<T>(word, ignoreCase: true) : otherwise;
}
