using System.Collections.Immutable;

namespace Millrace.Models.Registry;

/// <summary>What a version is called while it has a part to play.</summary>
public enum ModelAlias
{
    /// <summary>Serves.</summary>
    Current,

    /// <summary>Is to be tried.</summary>
    Candidate,

    /// <summary>Served before <see cref="Current"/> last moved: follows from the log, and is never written.</summary>
    Previous,
}

/// <summary>An entry of the alias log.</summary>
/// <param name="Name">The model's.</param>
/// <param name="Alias"><see cref="ModelAlias.Current"/> or <see cref="ModelAlias.Candidate"/>.</param>
/// <param name="Version">What it means from here on; null for nothing.</param>
/// <param name="Time">When, in Unix µs.</param>
/// <param name="Why">In words.</param>
public sealed record AliasMove(string Name, ModelAlias Alias, int? Version, long Time, string Why);

/// <summary>What aliases mean by a log of moves.</summary>
public static class AliasLog
{
    /// <summary>The version that an alias means at the end of the log; null for none.</summary>
    /// <param name="moves">Of one model, in the order in which they were written.</param>
    /// <param name="alias">Which.</param>
    public static int? Version(ImmutableArray<AliasMove> moves, ModelAlias alias)
    {
        if (alias != ModelAlias.Previous) return moves.LastOrDefault(move => move.Alias == alias)?.Version;
        int? current = Version(moves, ModelAlias.Current);
        return moves.LastOrDefault(move => move.Alias == ModelAlias.Current && move.Version is not null && move.Version != current)?.Version;
    }
}
