using System.Diagnostics;
using Millrace.Tests.Decisions.Slates;
using Millrace.Tests.Decisions.Vectors;
using Millrace.Tests.Features;
using Millrace.Tests.Features.Expressions;
using Millrace.Tests.Features.Kinds;
using Millrace.Tests.Features.Numerics;
using Millrace.Tests.Features.Text;

namespace Millrace.Tests.Decisions;

/// <summary>
/// The golden vectors of numbers and decisions again, in processes of their own that may not use some instructions of this machine: the bits must not
/// depend on them.
/// </summary>
public sealed class InstructionSetTests
{
    [Theory]
    [InlineData("DOTNET_EnableAVX512=0")]
    [InlineData("DOTNET_EnableAVX512=0", "DOTNET_EnableAVX2=0")]
    [InlineData("DOTNET_EnableHWIntrinsic=0")]
    public async Task Decisions_and_numbers_have_the_same_bits_without_some_instructions(params string[] environment)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, [
            "-class", typeof(GoldenDecisionTests).FullName!, "-class", typeof(Features.NumericsTests).FullName!, "-class", typeof(DeciderTests).FullName!, "-class", typeof(SlateGoldenTests).FullName!,
            "-class", typeof(DeterministicLanesTests).FullName!, "-class", typeof(TurnsGoldenTests).FullName!, "-class", typeof(ItemHashTests).FullName!,
            "-class", typeof(ExpressionTests).FullName!, "-class", typeof(Int8VectorTests).FullName!, "-class", typeof(HashedTextTests).FullName!,
            "-class", typeof(TranspositionTests).FullName!, "-class", typeof(ReadPlanTests).FullName!, "-class", typeof(KindTests).FullName!,
            "-class", typeof(ServedCellsTests).FullName!, "-class", typeof(RowStoreTests).FullName!,
            "-class", typeof(VectorGoldenTests).FullName!, "-noColor"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["CsCheck_Iter"] = "20"; // Of each property; elsewhere they are sampled more often.
        foreach (string[] setting in environment.Select(pair => pair.Split('='))) start.Environment[setting[0]] = setting[1];
        using Process run = Process.Start(start)!;
        Task<string> faults = run.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = await run.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await run.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(run.ExitCode == 0, output + await faults);
        Assert.Contains("Failed: 0", output, StringComparison.Ordinal);
        Assert.DoesNotContain("Total: 0", output, StringComparison.Ordinal);
    }
}
