using System.Collections.Immutable;
using Millrace.Models.Policies;

namespace Millrace.Node.Configuration;

/// <summary>A policy's filters, as they are written and bound.</summary>
internal static class FilterShape
{
    /// <summary>What may be asked of an attribute; a filter without an attribute has one of <see cref="Alone"/>.</summary>
    public static ImmutableArray<string> OfAttribute { get; } = ["in", "notIn", "is", "atLeast", "atMost"];

    public static ImmutableArray<string> Alone { get; } = ["age", "blocked"];

    private static ListShape Values { get; } = new("a list of values", Scalars.Line("a value of 1 to 256 characters", 256), 1, 1_000);

    public static ListShape List() => new("a list of filters", new ObjectShape("a filter like {attribute: market, in: [BR, PT]}, {attribute: stock, atLeast: 1} or {age: 30d}",
    [
        new("attribute", Scalars.Name, "`provider`, `kind`, or an attribute of items. An item that does not have it passes only `notIn`; so does one that the catalogue does not hold."),
        new("in", Values, "One of the attribute's values must be among these."),
        new("notIn", Values, "None of the attribute's values may be among these."),
        new("is", new ObjectShape("a mapping like {context: language}",
        [
            new("context", Scalars.Name, "The key of the context.", Required: true),
            new("orAny", Scalars.Boolean, "Whether a request whose context does not say it may be shown any value. With `false` it is shown nothing: write that where the filter is of rights, and not of taste.", "true", "a language that nobody told is no reason to show nothing"),
        ]), "One of the attribute's values must be what the request's context says.") { Optional = true },
        new("atLeast", Scalars.Number(-1e15, 1e15), "The attribute's first value must be a number, and no smaller."),
        new("atMost", Scalars.Number(-1e15, 1e15), "The attribute's first value must be a number, and no greater."),
        new("age", Scalars.Duration(TimeSpan.FromMinutes(1), TimeSpan.FromDays(3650)), "Published, or else first seen, within so long."),
        new("blocked", Scalars.Name, "A past feature, such as {past: hide, of: user, window: 90d}: what the person had that event with stays away for the feature's window."),
    ]), 0, 32);

    public static ImmutableArray<CandidateFilter> Bind(Bound filters) => [.. filters.Items.Select(filter => Bind(filter.Object!))];

    private static CandidateFilter Bind(BoundObject filter)
    {
        if (filter.Find<TimeSpan>("age") is { } age) return new AgeFilter(age);
        if (filter["blocked"].Text is { } past) return new PastFilter(past);
        var attribute = filter["attribute"].Text!;
        if (filter["is"].Object is { } context) return new ContextFilter(attribute, context["context"].Text!, context.Get<bool>("orAny"));
        if (filter["in"].IsWritten) return new ValueFilter(attribute, Texts(filter["in"]));
        if (filter["notIn"].IsWritten) return new ValueFilter(attribute, Texts(filter["notIn"]), Without: true);
        return new NumberFilter(attribute, filter.Find<double>("atLeast"), filter.Find<double>("atMost"));
    }

    private static ImmutableArray<string> Texts(Bound values) => [.. values.Items.Select(value => value.Text!)];
}
