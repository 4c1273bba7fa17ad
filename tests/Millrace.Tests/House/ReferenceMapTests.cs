using System.Xml.Linq;

namespace Millrace.Tests.House;

/// <summary>Holds the map of who may refer to whom (docs/ARCHITECTURE.md): planes never refer to each other, stores only downwards.</summary>
public sealed class ReferenceMapTests
{
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["Millrace.Journal"] = [],
        ["Millrace.Delivery"] = [],
        ["Millrace.World"] = [],
        ["Millrace.Features"] = ["Millrace.Journal"],
        ["Millrace.Models"] = ["Millrace.Features"],
        ["Millrace.Decisions"] = ["Millrace.Models"],
        ["Millrace.Learning"] = ["Millrace.Models"],
        ["Millrace"] = ["Millrace.Delivery", "Millrace.Decisions", "Millrace.Learning", "Millrace.World"],
    };

    public static TheoryData<string> Projects => new(Directory.EnumerateFiles(Path.Combine(RepositoryRoot.Path, "src"), "*.csproj", SearchOption.AllDirectories)
        .Select(file => Path.GetFileNameWithoutExtension(file)));

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_refers_only_to_what_the_map_allows(string project)
    {
        Assert.True(Allowed.ContainsKey(project), $"{project} is not on the map: add it to docs/ARCHITECTURE.md and here.");
        var references = References(Path.Combine(RepositoryRoot.Path, "src", project, project + ".csproj"));
        Assert.Empty(references.Except(Allowed[project]));
    }

    [Fact]
    public void A_planted_reference_between_planes_is_found()
    {
        var planted = XDocument.Parse("""<Project><ItemGroup><ProjectReference Include="../Millrace.Delivery/Millrace.Delivery.csproj" /></ItemGroup></Project>""");
        Assert.NotEmpty(References(planted).Except(Allowed["Millrace.Decisions"]));
    }

    [Fact]
    public void Planes_meet_only_in_the_flywheel()
    {
        var offenders = Directory.EnumerateFiles(Path.Combine(RepositoryRoot.Path, "src", "Millrace"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !MayComposePlanes(file))
            .Where(file => File.ReadAllText(file) is var text
                && text.Contains("using Millrace.Delivery", StringComparison.Ordinal) && text.Contains("using Millrace.Decisions", StringComparison.Ordinal))
            .Select(file => Path.GetRelativePath(RepositoryRoot.Path, file));
        Assert.Empty(offenders);
    }

    // The composition root builds the planes; only the flywheel maps one's types to another's.
    private static bool MayComposePlanes(string file) =>
        file.Contains("/Flywheel/", StringComparison.Ordinal) || file.Contains("/Node/", StringComparison.Ordinal);

    private static IEnumerable<string> References(string projectFile) => References(XDocument.Load(projectFile));

    private static IEnumerable<string> References(XDocument project) => project.Descendants("ProjectReference")
        .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')));
}
