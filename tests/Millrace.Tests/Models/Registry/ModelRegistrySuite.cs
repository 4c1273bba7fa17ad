using Millrace.Models.Registry;

namespace Millrace.Tests.Models.Registry;

/// <summary>What every registry does.</summary>
public abstract class ModelRegistrySuite
{
    protected abstract IModelRegistry Registry { get; }

    /// <summary>The same store, opened by somebody else; null where nobody else can.</summary>
    protected abstract IModelRegistry? Again();

    [Fact]
    public void A_version_is_added_once_and_never_changed()
    {
        Assert.True(Registry.TryAdd(Model("home-click", 2)));
        Assert.True(Registry.TryAdd(Model("home-click", 1)));
        Assert.False(Registry.TryAdd(Model("home-click", 1) with { Digest = "other" }));
        Assert.Equal(["home-click@1", "home-click@2"], Registry.Versions("home-click").Select(model => model.ToString()));
        Assert.Equal("digest-1", Registry.Versions("home-click")[0].Digest);
        Assert.Equal("envelope-1"u8, Registry.Versions("home-click")[0].Envelope.Span);
    }

    [Fact]
    public void Names_are_listed_in_order_and_an_unknown_one_has_nothing()
    {
        Registry.TryAdd(Model("zeta", 1));
        Registry.TryAdd(Model("alpha", 1));
        Assert.Equal(["alpha", "zeta"], Registry.Names());
        Assert.Empty(Registry.Versions("omega"));
        Assert.Empty(Registry.Moves("omega"));
    }

    [Fact]
    public void Going_back_is_one_move_and_what_served_before_follows_from_the_log()
    {
        for (int version = 1; version <= 3; version++) Registry.TryAdd(Model("home-click", version));
        Assert.Null(Resolve("home-click"));
        Move(ModelAlias.Current, 1);
        Assert.Null(Resolve("home-click@previous"));
        Move(ModelAlias.Candidate, 3);
        Move(ModelAlias.Current, 3);
        Move(ModelAlias.Current, 3);
        Assert.Equal((3, 1, 3), (Resolve("home-click"), Resolve("home-click@previous"), Resolve("home-click@candidate")));
        Move(ModelAlias.Current, 1);
        Assert.Equal((1, 3), (Resolve("home-click"), Resolve("home-click@previous")));
        Move(ModelAlias.Candidate, null);
        Assert.Null(Resolve("home-click@candidate"));
        Assert.Equal(6, Registry.Moves("home-click").Length);
    }

    [Fact]
    public void An_alias_means_only_what_was_registered()
    {
        Registry.TryAdd(Model("home-click", 1));
        Assert.False(Registry.TryMove(new("home-click", ModelAlias.Current, 2, 0, "")));
        Assert.False(Registry.TryMove(new("other", ModelAlias.Current, 1, 0, "")));
        Assert.Throws<ArgumentException>(() => Registry.TryMove(new("home-click", ModelAlias.Previous, 1, 0, "")));
        Assert.Empty(Registry.Moves("home-click"));
    }

    [Fact]
    public void Of_many_who_register_the_same_version_one_succeeds()
    {
        int added = 0;
        Parallel.For(0, 8, _ =>
        {
            var mine = Again() ?? Registry;
            for (int version = 1; version <= 5; version++)
            {
                if (mine.TryAdd(Model("home-click", version))) Interlocked.Increment(ref added);
            }
        });
        Assert.Equal(5, added);
        Assert.Equal(5, Registry.Versions("home-click").Length);
    }

    protected static RegisteredModel Model(string name, int version) => new(name, version, $"digest-{version}", System.Text.Encoding.ASCII.GetBytes($"envelope-{version}"));

    private void Move(ModelAlias alias, int? version) => Assert.True(Registry.TryMove(new("home-click", alias, version, 1_800_000_000_000_000, "said so")));

    private int? Resolve(string text) => ModelReference.Parse(text)!.In(Registry)?.Version;
}
