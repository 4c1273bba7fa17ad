using Millrace.Models.Policies;
using Millrace.Node.Configuration;
using Millrace.Tests.House;

namespace Millrace.Tests.Node;

public sealed class ConfigSchemaTests
{
    [Fact]
    public void The_schema_in_the_repository_is_the_schema_of_the_code()
    {
        var kept = File.ReadAllText(Path.Combine(RepositoryRoot.Path, "schema", "millrace.schema.json"));
        Assert.True(kept == ConfigSchema.Text(), "schema/millrace.schema.json is out of date: run `millrace schema > schema/millrace.schema.json`");
    }

    [Fact]
    public void The_reference_in_the_repository_is_the_reference_of_the_code()
    {
        var kept = File.ReadAllText(Path.Combine(RepositoryRoot.Path, "docs", "CONFIGURATION.md"));
        Assert.True(kept == ConfigReference.Text(), "docs/CONFIGURATION.md is out of date: run `millrace config reference > docs/CONFIGURATION.md`");
    }

    [Fact]
    public void The_example_of_a_cache_alone_is_valid() =>
        Assert.Empty(new ConfigSource(Path.Combine(RepositoryRoot.Path, "examples", "cache.yaml"), new Dictionary<string, string>(), []).Load().Surfaces);

    [Fact]
    public void The_example_in_the_repository_is_valid()
    {
        var file = Path.Combine(RepositoryRoot.Path, "examples", "millrace.yaml");
        var config = new ConfigSource(file, new Dictionary<string, string>(), []).Load();
        Assert.Single(config.Surfaces);

        // A policy whose only source is what was clicked never shows what nobody has clicked yet: after the first click a slate would be one item.
        Assert.All(config.Policies.Values, policy => Assert.Contains(policy.Candidates, source => source.Kind == CandidateSourceKind.Recent));
    }
}
