using System.CommandLine;
using Millrace.Journal;
using Millrace.Models.Trees;
using Millrace.Node;
using Millrace.Node.Configuration;

namespace Millrace.Cli;

/// <summary>Turns what a command throws into a message and an exit code, the same for all commands.</summary>
internal static class CommandGuard
{
    public static async Task<int> RunAsync(Func<Task<ExitCode>> command, ParseResult parsed)
    {
        var error = parsed.InvocationConfiguration.Error;
        try
        {
            return (int)await command();
        }
        catch (ConfigInvalidException invalid)
        {
            foreach (var fault in invalid.Faults)
            {
                await error.WriteLineAsync(fault.ToString());
            }

            await error.WriteLineAsync($"The configuration is refused: {invalid.Faults.Length} {(invalid.Faults.Length == 1 ? "fault" : "faults")}.");
            return (int)ExitCode.ConfigInvalid;
        }
        catch (NodeStartException refused)
        {
            await error.WriteLineAsync(refused.Message);
            return (int)refused.Code;
        }
        catch (JournalCorruptException damaged)
        {
            await error.WriteLineAsync($"The journal is damaged in segment {damaged.Segment} at offset {damaged.Offset}: {damaged.Message}");
            return (int)ExitCode.JournalCorrupt;
        }
        catch (Exception failed) when (failed is IOException or InvalidDataException or InvalidOperationException or JournalException or ForestException or UnauthorizedAccessException)
        {
            await error.WriteLineAsync(failed.Message);
            return (int)ExitCode.Failure;
        }
        catch (OperationCanceledException)
        {
            return (int)ExitCode.Failure;
        }
    }
}
