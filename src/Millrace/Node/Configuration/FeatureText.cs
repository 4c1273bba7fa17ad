using System.Text.RegularExpressions;
using Millrace.Features.Definitions;

namespace Millrace.Node.Configuration;

/// <summary>Features as they are written, and the definitions that they mean.</summary>
internal static partial class FeatureText
{
    public const string NamePattern = "^[a-z][a-z0-9_]{0,63}$";

    private static readonly string[] Kinds = ["count", "age", "cooccur"];

    public static bool IsName(string text) => NameRegex().IsMatch(text);

    /// <summary>Checks what no single setting of a feature can know.</summary>
    public static void Check(Bound feature, ConfigFaults faults)
    {
        if (feature.Object is not { } written)
        {
            return;
        }

        var named = Kinds.Where(kind => written[kind].Value is not null || written[kind].Mark != feature.Mark).ToArray();
        if (named.Length != 1)
        {
            faults.Add(new ConfigFault(feature.Mark, feature.Path, "exactly one of count, age, cooccur", named.Length == 0 ? "none" : $"{named.Length}"));
            return;
        }

        var (window, halfLife) = (written["window"].Value is not null, written["halfLife"].Value is not null);
        if (named[0] == "count" && window == halfLife)
        {
            faults.Add(new ConfigFault(feature.Mark, feature.Path, "either window or halfLife", window ? "both" : "neither"));
        }
        else if (named[0] == "cooccur" && !window)
        {
            faults.Add(new ConfigFault(feature.Mark, feature.Path, "a window", "none"));
        }

        if (named[0] == "count" && halfLife && written["as"].Text == "share")
        {
            faults.Add(new ConfigFault(written["as"].Mark, written["as"].Path, "count or log, since a decayed count has no total", "'share'"));
        }
    }

    /// <summary>The definition of a feature without faults.</summary>
    public static FeatureDefinition Bind(BoundObject feature)
    {
        var name = feature.Get<string>("name");
        if (feature["count"].Text is { } counted)
        {
            var read = ReadOf(feature, CountRead.Count);
            return feature.Find<TimeSpan>("window") is { } window
                ? new CountFeature(name, counted, window, read)
                : new DecayedCountFeature(name, counted, feature.Get<TimeSpan>("halfLife"), read);
        }

        if (feature["age"].Text is { } since)
        {
            return new AgeFeature(name, Enum.Parse<AgeSince>(since, ignoreCase: true), feature.Find<TimeSpan>("halfLife"), feature.Get<string>("event"));
        }

        return new CooccurrenceFeature(name, feature.Get<string>("cooccur"), feature.Get<TimeSpan>("window"))
        {
            Span = feature.Get<int>("span"),
            Symmetric = feature.Get<bool>("symmetric"),
            Depth = feature.Get<int>("depth"),
            Fade = feature.Get<double>("fade"),
            Shrink = feature.Get<double>("shrink"),
            As = feature["as"].Text is { } word ? Enum.Parse<PairRead>(word, ignoreCase: true) : PairRead.Share,
        };
    }

    private static CountRead ReadOf(BoundObject feature, CountRead otherwise) =>
        feature["as"].Text is { } word ? Enum.Parse<CountRead>(word, ignoreCase: true) : otherwise;

    [GeneratedRegex(NamePattern, RegexOptions.CultureInvariant)]
    private static partial Regex NameRegex();
}
