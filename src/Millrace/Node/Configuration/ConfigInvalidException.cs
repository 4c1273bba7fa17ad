using System.Collections.Immutable;

namespace Millrace.Node.Configuration;

/// <summary>A configuration was refused; nothing of it is in force.</summary>
internal sealed class ConfigInvalidException(ImmutableArray<ConfigFault> faults)
    : Exception(string.Join('\n', faults))
{
    public ImmutableArray<ConfigFault> Faults { get; } = faults;

    /// <summary>The model files that it names, as far as they were looked at: a change of one may mend it.</summary>
    public ImmutableArray<string> ModelPaths { get; init; } = [];

    /// <summary>Whether it may be taken later as it is, since a disk was in the way: a reload is then tried again by itself.</summary>
    public bool MayPass { get; init; }
}
