using Millrace.Features.Definitions;

namespace Millrace.Models.Policies;

/// <summary>What is wrong with a policy's filters.</summary>
internal static class FilterFaults
{
    internal const int MostFilters = 32;

    internal static IEnumerable<string> Of(Policy policy, FeatureSet features)
    {
        if (policy.Filters.Length > MostFilters) yield return $"filters: expected at most {MostFilters}; got {policy.Filters.Length}";
        for (int i = 0; i < policy.Filters.Length; i++)
        {
            foreach (string fault in Of(policy.Filters[i], features)) yield return $"filters[{i}]{fault}";
        }
    }

    private static IEnumerable<string> Of(CandidateFilter filter, FeatureSet features)
    {
        string? attribute = filter switch
        {
            ValueFilter values => values.Attribute,
            ContextFilter context => context.Attribute,
            NumberFilter number => number.Attribute,
            _ => null,
        };
        if (attribute is "") yield return ".attribute: expected provider, kind or the name of an attribute; got nothing";
        switch (filter)
        {
            case ValueFilter { Values.IsDefaultOrEmpty: true } values:
                yield return $".{(values.Without ? "notIn" : "in")}: expected at least one value";
                break;
            case NumberFilter { AtLeast: null, AtMost: null }:
                yield return ": expected in, notIn, is, atLeast or atMost";
                break;
            case NumberFilter number when number.AtLeast is { } least && !double.IsFinite(least) || number.AtMost is { } most && !double.IsFinite(most):
                yield return ": expected finite bounds";
                break;
            case NumberFilter number when number.AtLeast > number.AtMost:
                yield return $".atLeast: expected at most {PolicyValidator.Text(number.AtMost!.Value)}; got {PolicyValidator.Text(number.AtLeast!.Value)}";
                break;
            case AgeFilter age when age.Age <= TimeSpan.Zero:
                yield return $".age: expected more than nothing; got {age.Age}";
                break;
            case PastFilter past when features.IndexOf(past.Past) is var index && (index < 0 || features.Definitions[index] is not PastFeature):
                yield return $".blocked: expected the name of a feature that is a past; got '{past.Past}'";
                break;
        }
    }
}
