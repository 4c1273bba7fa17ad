using System.Collections.Immutable;

namespace Millrace.Models.Registry;

/// <summary>Versions of models, and which of them serves. Nothing in it is ever changed or taken back: versions are added, and moves of aliases appended. What a call returned from is durable.</summary>
/// <exception cref="IOException">From every call: the store refuses.</exception>
public interface IModelRegistry
{
    /// <summary>Adds a version; false when there is one of that name and number already, whatever it holds.</summary>
    bool TryAdd(RegisteredModel model);

    /// <summary>The names of all models, in ordinal order.</summary>
    ImmutableArray<string> Names();

    /// <summary>The versions of a model, ascending; none when nobody registered it.</summary>
    ImmutableArray<RegisteredModel> Versions(string name);

    /// <summary>Appends a move; false when the version that it names is not there.</summary>
    /// <exception cref="ArgumentException">It moves <see cref="ModelAlias.Previous"/>.</exception>
    bool TryMove(AliasMove move);

    /// <summary>The alias log of a model, the first move first.</summary>
    ImmutableArray<AliasMove> Moves(string name);
}
