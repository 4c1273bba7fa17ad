using System.Collections.Immutable;

namespace Millrace.Node.Configuration;

/// <summary>A configuration was refused; nothing of it is in force.</summary>
internal sealed class ConfigInvalidException(ImmutableArray<ConfigFault> faults)
    : Exception(string.Join('\n', faults))
{
    public ImmutableArray<ConfigFault> Faults { get; } = faults;
}
