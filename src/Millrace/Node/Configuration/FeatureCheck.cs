using System.Collections.Immutable;
using Millrace.Features;
using Millrace.Features.Definitions;
using Millrace.Features.Expressions;

namespace Millrace.Node.Configuration;

/// <summary>Finds what is wrong with single features, which no single setting can know, and turns those without faults into definitions.</summary>
internal static class FeatureCheck
{
    /// <summary>Checks all features; what is wrong goes to <paramref name="faults"/>, all of it.</summary>
    public static ImmutableArray<CheckedFeature> Run(BoundObject root, ConfigFaults faults)
    {
        var all = root["features"].Items.Where(written => written.Object is not null).Select(written => One(written, faults)).ToImmutableArray();
        FeatureReferences.Check(all, faults);
        FeatureBounds.CheckReach(root, all, faults);
        FeatureBounds.CheckFresh(all, faults);
        FeatureBounds.CheckMemory(root, all, faults);
        return all;
    }

    private static CheckedFeature One(Bound written, ConfigFaults faults)
    {
        var feature = written.Object!;
        var named = FeatureShape.KindNames.Where(kind => feature[kind].IsWritten).ToArray();
        if (feature["life"].Text == "removed" && named.Length == 0)
        {
            return new CheckedFeature(written, null, "");
        }

        // What a key that is not known was meant as nobody knows: its own fault is enough.
        if (named.Length != 1)
        {
            if (faults.Spares(written.Path))
            {
                faults.Add(new ConfigFault(
                    written.Mark, written.Path, $"exactly one of {string.Join(", ", FeatureShape.KindNames)}", named.Length == 0 ? "none" : string.Join(" and ", named)));
            }

            return new CheckedFeature(written, null, "");
        }

        if (KindOf(written, named[0], faults) is not var (kind, entity))
        {
            return new CheckedFeature(written, null, "");
        }

        Settings(written, kind, entity, faults);
        Sensitivity(feature, entity, faults);
        Formula(feature["expr"], faults);
        return new CheckedFeature(written, faults.Spares(written.Path) ? Define(written, new WrittenFeature(kind, entity, feature), faults) : null, entity);
    }

    private static (FeatureKind Kind, string Entity)? KindOf(Bound written, string key, ConfigFaults faults)
    {
        var feature = written.Object!;
        var kinds = FeatureKinds.All.Where(kind => kind.Key == key).ToArray();
        if (!feature["entity"].IsWritten)
        {
            var kind = kinds.FirstOrDefault(kind => !kind.Parts.IsEmpty && kind.Parts.All(part => feature[part.Setting].Text is { } named && part.Parts.Has(named))) ?? kinds[0];
            return (kind, kind.Entities[0]);
        }

        if (feature["entity"].Text is not { } entity)
        {
            return null;
        }

        if (kinds.FirstOrDefault(kind => kind.Entities.Contains(entity)) is { } fitting)
        {
            return (fitting, entity);
        }

        var known = kinds.SelectMany(kind => kind.Entities).ToArray();
        faults.Add(new ConfigFault(
            feature["entity"].Mark, feature["entity"].Path, $"{string.Join(" or ", known)}, which `{key}` may be a value of", $"'{entity}'", NearestName.Of(entity, known)));
        return null;
    }

    private static void Settings(Bound written, FeatureKind kind, string entity, ConfigFaults faults)
    {
        var feature = written.Object!;
        var takes = kind.Settings.ToArray();
        foreach (var setting in FeatureShape.SettingNames.Where(setting => feature[setting].IsWritten && !takes.Contains(setting)))
        {
            faults.Add(new ConfigFault(
                feature[setting].Mark, feature[setting].Path,
                takes.Length == 0 ? $"no setting beside `{kind.Key}`" : $"a setting that `{kind.Key}` of {entity} takes ({string.Join(", ", takes)})", $"'{setting}'"));
        }

        foreach (var setting in kind.Needs.Where(setting => !feature[setting].IsWritten))
        {
            faults.Add(new ConfigFault(written.Mark, feature[setting].Path, FeatureShape.ExpectedOf(setting), "nothing"));
        }

        if (!kind.Either.IsEmpty && kind.Either.Count(setting => feature[setting].IsWritten) is var given and not 1)
        {
            faults.Add(new ConfigFault(written.Mark, written.Path, $"either {string.Join(" or ", kind.Either)}", given == 0 ? "neither" : "both"));
        }

        if (feature["as"].Text is { } word && !kind.As.IsEmpty && !kind.As.Contains(word))
        {
            faults.Add(new ConfigFault(feature["as"].Mark, feature["as"].Path, $"{string.Join(" or ", kind.As)} of `{kind.Key}` of {entity}", $"'{word}'"));
        }

        foreach (var (setting, parts) in kind.Parts)
        {
            if (feature[setting].Text is { } part && !parts.Has(part))
            {
                faults.Add(new ConfigFault(feature[setting].Mark, feature[setting].Path, parts.Expected, $"'{part}'"));
            }
        }
    }

    private static void Sensitivity(BoundObject feature, string entity, ConfigFaults faults)
    {
        if (feature["sensitivity"] is { Text: "none" } none && FeatureKinds.IsPersonal(entity))
        {
            faults.Add(new ConfigFault(none.Mark, none.Path, $"personal or protected, since it says something of a person ({entity})", "'none'"));
        }
    }

    private static void Formula(Bound formula, ConfigFaults faults)
    {
        if (formula.Text is not { } text)
        {
            return;
        }

        foreach (var fault in Expression.Parse(text).Faults)
        {
            faults.Add(new ConfigFault(formula.Mark, formula.Path, $"{fault.Expected} at column {fault.Column} of the formula", fault.Got, fault.Nearest));
        }
    }

    /// <summary>The definition; null when it says itself that something is wrong.</summary>
    private static FeatureDefinition? Define(Bound written, WrittenFeature feature, ConfigFaults faults)
    {
        var definition = feature.Kind.Bind(feature) with { Info = InfoOf(feature.Written, feature.Entity) };
        var marks = new PathMarks(feature.Written);
        foreach (var fault in definition.Faults().Concat(definition.InfoFaults()))
        {
            faults.Add(PlaneFault.Read($"{written.Path}.{fault}", path => marks.Find(path) is var mark && mark != default ? mark : written.Mark));
        }

        return faults.Spares(written.Path) ? definition : null;
    }

    private static FeatureInfo InfoOf(BoundObject feature, string entity) => new()
    {
        Owner = feature["owner"].Text ?? "",
        Description = feature["description"].Text ?? "",
        Sensitivity = feature["sensitivity"].Text is { } word ? Enum.Parse<FeatureSensitivity>(word, ignoreCase: true)
            : FeatureKinds.IsPersonal(entity) ? FeatureSensitivity.Personal : FeatureSensitivity.None,
        Life = Enum.Parse<FeatureLife>(feature["life"].Text ?? "active", ignoreCase: true),
        Fresh = feature.Find<TimeSpan>("fresh"),
        Default = (float?)feature.Find<double>("default"),
        Ttl = feature.Find<TimeSpan>("ttl"),
    };
}

/// <summary>A feature that was looked at.</summary>
/// <param name="Written">As it was written; a mapping.</param>
/// <param name="Definition">What it means; null when it is faulty, or removed and says no more than its name.</param>
/// <param name="Entity">What it is a value of; empty when nobody knows.</param>
internal sealed record CheckedFeature(Bound Written, FeatureDefinition? Definition, string Entity)
{
    public string? Name => Written.Object!["name"].Text;

    public Bound NameSetting => Written.Object!["name"];

    public bool IsRemoved => Written.Object!["life"].Text == "removed";

    public bool IsProtected => Written.Object!["sensitivity"].Text == "protected";

    /// <summary>The features that its formula names, also when it has other faults.</summary>
    public ImmutableArray<string> Inputs => Written.Object!["expr"].Text is { } formula ? Expression.Parse(formula).Expression?.Names ?? [] : [];
}
