using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using System.Text;
using Millrace.Decisions;
using Millrace.Decisions.Pipeline;
using Millrace.Journal.Facts;

namespace Millrace.Tests.Decisions;

/// <summary>A thousand decisions to the bit. Whoever changes them raises <see cref="Engine.Number"/>, or has made a mistake.</summary>
public sealed class GoldenDecisionTests
{
    private const int Decisions = 1000;

    [Fact]
    public void A_thousand_decisions_have_the_bits_that_this_engine_number_stands_for()
    {
        var hash = new XxHash3();
        DecisionHarness harness = new DecisionHarness().Fill();
        Decider decider = harness.Decider();
        for (int i = 0; i < Decisions; i++)
        {
            Decided decided = decider.Decide(DecisionHarness.Ask($"d{i}") with
            {
                Session = $"s{i % 11}",
                Candidates = i % 4 == 0 ? [DecisionHarness.Candidate($"i{i % 40}", ("clicks_1h", i / 7f)), DecisionHarness.Candidate("i8"), DecisionHarness.Candidate("own")] : default,
            });
            foreach (DecidedItem item in decided.Slots[0].Items) Add(hash, item);
            foreach (float value in decided.Inputs!.Matrix) Add(hash, BitConverter.SingleToUInt32Bits(value));
            harness.Clock.Advance(TimeSpan.FromMilliseconds(1));
        }

        Assert.Equal((2, 7649771402215505253UL), (Engine.Number, hash.GetCurrentHashAsUInt64()));
    }

    /// <summary>Without this, a switch of another name would leave <see cref="InstructionSetTests"/> green for nothing.</summary>
    [Fact]
    public void Instructions_that_are_switched_off_are_off()
    {
        bool off = Environment.GetEnvironmentVariable("DOTNET_EnableHWIntrinsic") == "0";
        Assert.False(Avx512F.IsSupported && (off || Environment.GetEnvironmentVariable("DOTNET_EnableAVX512") == "0"));
        Assert.False(Avx2.IsSupported && (off || Environment.GetEnvironmentVariable("DOTNET_EnableAVX2") == "0"));
        Assert.False(Vector128.IsHardwareAccelerated && off);
    }

    private static void Add(XxHash3 hash, DecidedItem item)
    {
        hash.Append(Encoding.UTF8.GetBytes(item.Item));
        Add(hash, BitConverter.DoubleToUInt64Bits(item.Score));
        Add(hash, BitConverter.DoubleToUInt64Bits(item.Propensity));
        Add(hash, item.Sources);
    }

    private static void Add(XxHash3 hash, ulong value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        hash.Append(bytes);
    }
}
