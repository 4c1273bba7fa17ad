using System.Globalization;
using Millrace.Decisions.Candidates;
using Millrace.Features.Catalogue;
using Millrace.Features.Online;
using Millrace.Journal.Facts;
using Millrace.Models.Policies;

namespace Millrace.Decisions.Explain;

/// <summary>Says why an item was no candidate. What was gathered stands in the record by value, what was not does not: so the catalogue is asked as it is now.</summary>
public static class CandidateJudge
{
    /// <summary>The first of the pipeline's reasons that holds.</summary>
    /// <param name="item">The item.</param>
    /// <param name="decision">The decision, with its inputs.</param>
    /// <param name="policy">The policy that took it.</param>
    /// <param name="snapshot">The catalogue.</param>
    public static (AbsenceReason Reason, string? Detail) Of(string item, Decided decision, Policy policy, FeatureSnapshot snapshot)
    {
        if (snapshot.Find(item) is not { } known) return (AbsenceReason.UnknownItem, null);
        if (!known.LiveAt(decision.Inputs!.Now)) return (AbsenceReason.NotLive, Lifetime(known));
        return Filter(known, decision, policy, snapshot) is { } filter ? (AbsenceReason.Filtered, filter) : (AbsenceReason.NotGathered, null);
    }

    private static string Lifetime(CatalogueItem item) => item.Deleted ? "deleted"
        : item.Published is { } published ? $"published {published}{(item.Expires is { } end ? $", expires {end}" : "")}"
        : $"expires {item.Expires}";

    /// <summary>The filter that it fails; those that look at what the person did, or at context that was not recorded, cannot be asked afterwards.</summary>
    private static string? Filter(CatalogueItem item, Decided decision, Policy policy, FeatureSnapshot snapshot)
    {
        var filters = new CandidateFilters(policy with { Filters = [.. policy.Filters.Where(filter => filter is not PastFilter && !(filter is ContextFilter of && !decision.Context.ContainsKey(of.Context)))] }, snapshot.Features);
        int failed = filters.FirstFailed(item, new FilterInputs(decision.Inputs!.Now, decision.Context));
        return failed < 0 ? null : Text(filters.Policy[failed]);
    }

    /// <summary>A filter as its policy writes it.</summary>
    private static string Text(CandidateFilter filter) => filter switch
    {
        ValueFilter values => $"{values.Attribute} {(values.Without ? "notIn" : "in")} [{string.Join(", ", values.Values)}]",
        ContextFilter context => $"{context.Attribute} is {{context: {context.Context}}}",
        NumberFilter { AtLeast: { } least } number => string.Create(CultureInfo.InvariantCulture, $"{number.Attribute} atLeast {least}{(number.AtMost is { } most ? $" atMost {most}" : "")}"),
        NumberFilter number => string.Create(CultureInfo.InvariantCulture, $"{number.Attribute} atMost {number.AtMost}"),
        AgeFilter age => string.Create(CultureInfo.InvariantCulture, $"age {age.Age.TotalHours:0.###}h"),
        var other => other.GetType().Name,
    };
}
