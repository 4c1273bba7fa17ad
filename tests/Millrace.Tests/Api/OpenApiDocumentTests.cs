using System.Text.Json.Nodes;
using Millrace.Api;
using Millrace.Tests.House;

namespace Millrace.Tests.Api;

public sealed class OpenApiDocumentTests
{
    private const string Regenerate = "MILLRACE_REGENERATE";

    [Fact]
    public void The_document_in_the_repository_is_the_document_of_the_code()
    {
        var file = Path.Combine(RepositoryRoot.Path, "openapi", "millrace.openapi.json");
        if (Environment.GetEnvironmentVariable(Regenerate) == "1")
        {
            File.WriteAllText(file, OpenApiDocument.Text);
        }

        Assert.True(
            File.Exists(file) && File.ReadAllText(file) == OpenApiDocument.Text,
            $"openapi/millrace.openapi.json is out of date: run `{Regenerate}=1 dotnet run --project tests/Millrace.Tests -- -class {typeof(OpenApiDocumentTests).FullName}`");
    }

    [Fact]
    public void Every_reference_has_its_schema()
    {
        var document = JsonNode.Parse(OpenApiDocument.Text)!;
        var schemas = document["components"]!["schemas"]!.AsObject();
        var references = References(document).ToArray();
        Assert.NotEmpty(references);
        Assert.All(references, r => Assert.True(schemas.ContainsKey(r["#/components/schemas/".Length..]), r));
    }

    private static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonObject members => members.SelectMany(m => m.Key == "$ref" ? [(string)m.Value!] : References(m.Value)),
        JsonArray list => list.SelectMany(References),
        _ => [],
    };
}
