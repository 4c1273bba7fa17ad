using System.Collections.Immutable;

namespace Millrace.Node.Configuration;

/// <summary>One thing that is wrong with a configuration.</summary>
/// <param name="Mark">Where.</param>
/// <param name="Path">Which setting: <c>routes[0].origin</c>; empty for the file as a whole.</param>
/// <param name="Expected">What would have been right.</param>
/// <param name="Got">What was found.</param>
/// <param name="Nearest">The known name that was probably meant; null when none is near.</param>
internal sealed record ConfigFault(ConfigMark Mark, string Path, string Expected, string Got, string? Nearest = null)
{
    public override string ToString() =>
        $"{Mark}{(Path.Length > 0 ? " " + Path : "")}: expected {Expected}, got {Got}{(Nearest is null ? "" : $", did you mean '{Nearest}'?")}";
}

/// <summary>Collects faults, so that all of them are told at once. Bounded: a hostile file must not fill the log.</summary>
internal sealed class ConfigFaults
{
    /// <summary>Faults beyond this many are dropped; the last one kept says so.</summary>
    public const int Max = 200;

    private readonly List<ConfigFault> _faults = [];

    public int Count => _faults.Count;

    public void Add(ConfigFault fault)
    {
        if (_faults.Count < Max)
        {
            _faults.Add(fault);
        }
        else if (_faults.Count == Max)
        {
            _faults.Add(new ConfigFault(fault.Mark, "", $"at most {Max} faults", "more; correct these first"));
        }
    }

    /// <summary>Whether nothing is wrong with a setting, nor with any within it.</summary>
    public bool Spares(string path) => !_faults.Any(fault =>
        fault.Path.StartsWith(path, StringComparison.Ordinal) && (fault.Path.Length == path.Length || fault.Path[path.Length] is '.' or '['));

    /// <summary>All faults, in the order of the file.</summary>
    public ImmutableArray<ConfigFault> InOrder() => [.. _faults.OrderBy(f => f.Mark.Source, StringComparer.Ordinal).ThenBy(f => f.Mark.Line).ThenBy(f => f.Mark.Column)];
}
