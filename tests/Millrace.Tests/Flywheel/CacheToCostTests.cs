using Millrace.Decisions.Terms;
using Millrace.Delivery;
using Millrace.Delivery.Routes;
using Millrace.Features.Catalogue;
using Millrace.Flywheel;

namespace Millrace.Tests.Flywheel;

public sealed class CacheToCostTests
{
    [Fact]
    public void What_nobody_holds_costs_one_and_what_has_no_absolute_url_is_unknown()
    {
        using DeliveryPlane plane = new(new DeliveryOptions(), RouteTable.Empty, null, TimeProvider.System);
        Assert.Equal([1, 1, float.NaN, float.NaN, float.NaN, float.NaN], Fill(plane, "http://news.example/a", "https://news.example/a?b=%20", "/path", "ftp://news.example/a", "http://news.example/ä", null));
    }

    [Fact]
    public void Before_the_plane_is_open_and_past_its_budget_nothing_is_known()
    {
        Assert.Equal([float.NaN], Fill(null, "http://news.example/a"));
        using DeliveryPlane plane = new(new DeliveryOptions(), RouteTable.Empty, null, TimeProvider.System);
        var values = new float[100];
        Array.Fill(values, float.NaN);
        var items = Enumerable.Range(0, 100).Select(i => Item($"http://news.example/{i}")).ToArray();
        Assert.False(new CacheToCost(() => plane).Fill(items, new TermBudget(TimeProvider.System, long.MinValue), values));
        Assert.Equal(31, values.Count(value => value == 1));
    }

    private static float[] Fill(DeliveryPlane? plane, params string?[] urls)
    {
        var values = new float[urls.Length];
        Array.Fill(values, float.NaN);
        Assert.True(new CacheToCost(() => plane).Fill([.. urls.Select(Item)], new TermBudget(TimeProvider.System, long.MaxValue), values));
        return values;
    }

    private static CatalogueItem Item(string? url) => new() { Id = url ?? "none", BodyUrl = url };
}
