using Millrace.Cli;

namespace Millrace.Node;

/// <summary>The node could not start; says why and with which exit code the process should end.</summary>
internal sealed class NodeStartException(ExitCode code, string message, Exception? inner = null) : Exception(message, inner)
{
    public ExitCode Code { get; } = code;
}
