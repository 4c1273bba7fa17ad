using System.Collections.Immutable;
using Millrace.Features.Definitions;
using Millrace.Models.Policies;
using Millrace.Models.Shelf;
using Millrace.Node.Configuration;

namespace Millrace.Backtest;

/// <summary>What a backtest decides with.</summary>
/// <param name="Features">All features that the policy may blend.</param>
/// <param name="Policy">The policy.</param>
/// <param name="Surface">The surface that is asked, with one slot of ten items.</param>
internal sealed record BacktestSetup(ImmutableArray<FeatureDefinition> Features, Policy Policy, Surface Surface)
{
    /// <summary>The policy's models.</summary>
    public IModelShelf Models { get; init; } = MemoryModelShelf.Empty;

    /// <summary>The policy of the command, and its features.</summary>
    public static BacktestSetup BuiltIn { get; } = new(BacktestPolicy.Features, BacktestPolicy.Policy, BacktestPolicy.Place);

    /// <summary>The features and the policy of a surface of a <c>millrace.yaml</c>; its first slot shows ten items, whatever its count is there.</summary>
    /// <param name="path">The file.</param>
    /// <param name="surface">The surface; null when the file has one.</param>
    /// <exception cref="ConfigInvalidException">The file is refused: lists all faults.</exception>
    /// <exception cref="InvalidDataException">The surface is not there, or must be named.</exception>
    public static BacktestSetup Load(string path, string? surface)
    {
        var config = new ConfigSource(path, new Dictionary<string, string>(), []).Load();
        var names = string.Join(", ", config.Surfaces.Keys);
        var place = surface is null
            ? config.Surfaces.Count == 1 ? config.Surfaces.Values.Single() : throw new InvalidDataException($"{path}: name one of its surfaces with --surface: {(names.Length == 0 ? "it has none" : names)}.")
            : config.Surfaces.GetValueOrDefault(surface) ?? throw new InvalidDataException($"{path} has no surface '{surface}'; it has {(names.Length == 0 ? "none" : names)}.");
        return new BacktestSetup(
            config.Features, config.Policies[place.Policy], place with { Slots = [place.Slots[0] with { Count = SlateScore.Depth }] }) { Models = config.Models };
    }
}
