using System.Buffers.Binary;
using System.IO.Hashing;
using Millrace.Decisions;
using Millrace.Decisions.Exploration;
using Millrace.Decisions.Pipeline;
using Millrace.Journal.Facts;
using Millrace.Models.Policies;

namespace Millrace.Tests.Decisions.Slates;

/// <summary>Slates of every rule with limits, quotas, likeness, pins and new items, to the bit. Whoever changes them raises <see cref="Engine.Number"/>, or has made a mistake.</summary>
public sealed class SlateGoldenTests
{
    [Fact]
    public void Slates_of_every_rule_have_the_bits_that_this_engine_number_stands_for()
    {
        var hash = new XxHash3();
        foreach (ExplorationMethod method in Enum.GetValues<ExplorationMethod>())
        {
            foreach ((int places, int top) in new[] { (1, 5), (2, 4), (4, 3), (10, 2) })
            {
                foreach (bool constrained in new[] { false, true }) Add(hash, PropensityTests.Case(method, places, top, constrained));
            }
        }

        Assert.Equal((2, 16671779727337335961UL), (Engine.Number, hash.GetCurrentHashAsUInt64()));
    }

    [Fact]
    public void Decisions_of_every_rule_have_the_bits_that_this_engine_number_stands_for()
    {
        var hash = new XxHash3();
        DecisionHarness harness = new DecisionHarness().Fill();
        foreach (Policy policy in SlateRecordTests.Policies)
        {
            Decider decider = harness.Decider(policy: policy);
            for (int i = 0; i < 100; i++)
            {
                foreach (DecidedItem item in decider.Decide(DecisionHarness.Ask($"{policy.Name}{i}")).Slots[0].Items)
                {
                    hash.Append(System.Text.Encoding.UTF8.GetBytes(item.Item));
                    Add(hash, item.Score);
                    Add(hash, item.Propensity);
                }

                harness.Clock.Advance(TimeSpan.FromMilliseconds(1));
            }
        }

        Assert.Equal((2, 8654094704233928647UL), (Engine.Number, hash.GetCurrentHashAsUInt64()));
    }

    private static void Add(XxHash3 hash, SlateCase c)
    {
        for (ulong seed = 0; seed < 50; seed++)
        {
            foreach (Placement place in c.Sample(seed))
            {
                Add(hash, place.Candidate);
                Add(hash, place.Score);
                Add(hash, place.Propensity);
            }
        }
    }

    private static void Add(XxHash3 hash, double value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(double)];
        BinaryPrimitives.WriteDoubleLittleEndian(bytes, value);
        hash.Append(bytes);
    }
}
