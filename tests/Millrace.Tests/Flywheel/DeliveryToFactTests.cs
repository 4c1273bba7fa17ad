using Microsoft.Extensions.Time.Testing;
using Millrace.Delivery;
using Millrace.Delivery.Routes;
using Millrace.Flywheel;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.Tests.Flywheel;

public sealed class DeliveryToFactTests
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));
    private readonly DeliveryTokens _tokens = new(new byte[32]);
    private readonly List<Delivered> _facts = [];

    [Fact]
    public void One_token_buys_one_fact_for_each_outcome()
    {
        var joint = Joint(share: 0);
        for (var i = 0; i < 1_000; i++)
        {
            Deliver(joint, "http://news.example/story", DeliveryOutcome.Hit);
        }

        Deliver(joint, "http://news.example/story", DeliveryOutcome.Stale);
        Assert.Equal(["hit", "stale"], _facts.Select(fact => fact.Outcome));
        Assert.All(_facts, fact => Assert.Equal(("decision", "story"), (fact.Decision, fact.Item)));
    }

    [Fact]
    public void Repeats_are_sampled_without_their_decision()
    {
        var joint = Joint(share: 0.1);
        for (var i = 0; i < 2_001; i++)
        {
            Deliver(joint, "http://news.example/story", DeliveryOutcome.Hit);
        }

        Assert.Single(_facts, fact => fact.Decision is not null);
        Assert.InRange(_facts.Count, 1 + 140, 1 + 260);
    }

    [Theory]
    [InlineData("http://news.example/story", true)]
    [InlineData("https://news.example/story", true)]
    [InlineData("http://news.example/other", false)]
    [InlineData("http://evil.example/story", false)]
    public void Token_counts_on_its_items_body_only(string delivered, bool joins)
    {
        Deliver(Joint(share: 0), delivered, DeliveryOutcome.Miss);
        Assert.Equal(joins ? 1 : 0, _facts.Count);
    }

    private static IEnumerable<ulong> Names(string url)
    {
        using DeliveryPlane plane = new(new DeliveryOptions(), RouteTable.Empty, null, TimeProvider.System);
        return plane.KeyHashesOf(url);
    }

    private DeliveryToFact Joint(double share)
    {
        var ids = 0;
        return new(_facts.Add, _tokens, item => $"http://news.example/{item}", Names, _clock, () => $"id-{ids++}", share, seed: 1);
    }

    private void Deliver(DeliveryToFact joint, string url, DeliveryOutcome outcome)
    {
        var token = _tokens.Sign(new DeliveryToken("default", "decision", "story", 1, UnixMicros.Now(_clock) + TimeSpan.FromHours(1)));
        joint.Delivered(new DeliveryRecord
        {
            Route = "*/*",
            KeyHash = Names(url).First(),
            Outcome = outcome,
            Reason = DeliveryReason.None,
            Status = 200,
            TimeToFirstByte = TimeSpan.FromMilliseconds(1),
            BodyBytes = 10,
            Complete = true,
            Tag = token,
        });
    }
}
