using System.CommandLine;
using Millrace.Node;
using Millrace.Node.Configuration;

namespace Millrace.Cli;

/// <summary>The key that a command asks a running node with: by a file or the environment, since a command line is seen by everybody on the machine.</summary>
/// <param name="scope">The scope that it must have.</param>
internal sealed class KeyOptions(string scope)
{
    private readonly Option<string?> _key = new("--key") { Description = $"A key of scope {scope}. Others see it in the list of processes: --key-file and {Overrides.KeyVariable} keep it from them." };
    private readonly Option<string?> _file = new("--key-file") { Description = $"A file that holds the key. Without it and --key the variable {Overrides.KeyVariable}." };

    public KeyOptions AddTo(Command command)
    {
        command.Options.Add(_key);
        command.Options.Add(_file);
        return this;
    }

    /// <exception cref="NodeStartException">No key is given.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public async Task<string> ReadAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var key = parsed.GetValue(_key)
            ?? (parsed.GetValue(_file) is { } file ? await File.ReadAllTextAsync(file, cancellation) : Environment.GetEnvironmentVariable(Overrides.KeyVariable));
        return key?.Trim() is { Length: > 0 } given
            ? given
            : throw new NodeStartException(ExitCode.Usage, $"A key of scope {scope} is needed: set {Overrides.KeyVariable}, or give --key-file or --key.");
    }
}
