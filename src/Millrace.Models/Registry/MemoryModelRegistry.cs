using System.Collections.Immutable;

namespace Millrace.Models.Registry;

/// <summary>A registry in memory.</summary>
public sealed class MemoryModelRegistry : IModelRegistry
{
    private readonly Lock _lock = new();
    private ImmutableSortedDictionary<string, ImmutableSortedDictionary<int, RegisteredModel>> _models =
        ImmutableSortedDictionary.Create<string, ImmutableSortedDictionary<int, RegisteredModel>>(StringComparer.Ordinal);

    private ImmutableArray<AliasMove> _moves = [];

    public bool TryAdd(RegisteredModel model)
    {
        lock (_lock)
        {
            ImmutableSortedDictionary<int, RegisteredModel> versions = _models.GetValueOrDefault(model.Name, ImmutableSortedDictionary<int, RegisteredModel>.Empty);
            if (versions.ContainsKey(model.Version)) return false;
            _models = _models.SetItem(model.Name, versions.Add(model.Version, model));
            return true;
        }
    }

    public ImmutableArray<string> Names()
    {
        lock (_lock) return [.. _models.Keys];
    }

    public ImmutableArray<RegisteredModel> Versions(string name)
    {
        lock (_lock) return _models.TryGetValue(name, out var versions) ? [.. versions.Values] : [];
    }

    public bool TryMove(AliasMove move)
    {
        if (move.Alias == ModelAlias.Previous) throw new ArgumentException("Previous follows from the moves of current.", nameof(move));
        lock (_lock)
        {
            if (move.Version is { } version && !(_models.TryGetValue(move.Name, out var versions) && versions.ContainsKey(version))) return false;
            _moves = _moves.Add(move);
            return true;
        }
    }

    public ImmutableArray<AliasMove> Moves(string name)
    {
        lock (_lock) return [.. _moves.Where(move => move.Name == name)];
    }
}
