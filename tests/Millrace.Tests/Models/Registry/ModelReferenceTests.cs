using Millrace.Models.Registry;

namespace Millrace.Tests.Models.Registry;

public sealed class ModelReferenceTests
{
    [Theory]
    [InlineData("home-click", null, ModelAlias.Current)]
    [InlineData("home-click@7", 7, ModelAlias.Current)]
    [InlineData("a@candidate", null, ModelAlias.Candidate)]
    [InlineData("a1@previous", null, ModelAlias.Previous)]
    public void A_version_is_named_by_number_or_alias(string text, int? version, ModelAlias alias)
    {
        var read = ModelReference.Parse(text);
        Assert.Equal((version, alias), (read!.Version, read.Alias));
    }

    [Theory]
    [InlineData("")]
    [InlineData("Home")]
    [InlineData("../x")]
    [InlineData("home@")]
    [InlineData("home@0")]
    [InlineData("home@+1")]
    [InlineData("home@latest")]
    [InlineData("home@1@2")]
    public void What_is_no_reference_is_none(string text) => Assert.Null(ModelReference.Parse(text));
}
