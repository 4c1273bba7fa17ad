using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Millrace.Learning.Attribution;

/// <summary>What counts as an outcome of an item that a decision placed.</summary>
/// <param name="Name">The label's name.</param>
/// <param name="Event">The event that is one.</param>
/// <param name="Window">An event that happened later after its decision is none of it.</param>
internal sealed record OutcomeDefinition(string Name, string Event, TimeSpan Window)
{
    /// <summary>Those that a node has when nothing is said.</summary>
    public static ImmutableArray<OutcomeDefinition> Defaults { get; } =
    [
        new("click", "click", TimeSpan.FromSeconds(600)),
        new("conversion", "conversion", TimeSpan.FromDays(7)),
        new("dwell", "dwell", TimeSpan.FromHours(1)) { Value = OutcomeValue.Sum },
        new("hide", "hide", TimeSpan.FromDays(1)),
        new("impression", "impression", TimeSpan.FromSeconds(600)),
        new("report", "report", TimeSpan.FromDays(1)),
    ];

    /// <summary>What several events make.</summary>
    public OutcomeValue Value { get; init; } = OutcomeValue.Any;

    /// <summary>Which decisions an event is of that names none.</summary>
    public OutcomeTouch Touch { get; init; } = OutcomeTouch.Last;

    /// <summary>The label where the window closed without an event.</summary>
    public double Default { get; init; }

    /// <summary>The unit of the values; events of another do not count. Null takes any.</summary>
    public string? Unit { get; init; }

    /// <summary>Names a set of outcomes: the same labels come of the same name.</summary>
    public static string Fingerprint(IEnumerable<OutcomeDefinition> outcomes) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', outcomes.Select(outcome => string.Create(
        CultureInfo.InvariantCulture, $"{outcome.Name}|{outcome.Event}|{outcome.Window.Ticks}|{outcome.Value}|{outcome.Touch}|{outcome.Default:R}|{outcome.Unit}"))))).AsSpan(0, 8));
}

/// <summary>What several events of one outcome make.</summary>
internal enum OutcomeValue
{
    /// <summary>1.</summary>
    Any,

    /// <summary>The value of the first.</summary>
    First,

    /// <summary>The sum of their values.</summary>
    Sum,

    /// <summary>The greatest of their values.</summary>
    Max,
}

/// <summary>Which decisions an event is of that names none, among those that placed its item for its person within the window before it.</summary>
internal enum OutcomeTouch
{
    /// <summary>The last.</summary>
    Last,

    /// <summary>The first.</summary>
    First,

    /// <summary>All.</summary>
    All,

    /// <summary>None: only events that name their decision count.</summary>
    None,
}
