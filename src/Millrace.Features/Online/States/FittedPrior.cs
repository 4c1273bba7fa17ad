using System.Globalization;
using Millrace.Features.Definitions;
using Millrace.Features.Images;
using Millrace.Journal.Facts;

namespace Millrace.Features.Online;

/// <summary>The prior that was last fitted to the rates of items and recorded: the highest version counts.</summary>
internal sealed class FittedPrior(PriorKey key) : ItemState
{
    private readonly string _name = key.ToString();
    private Frozen _current = new(0, 0, 0);

    internal override string? Event => null;

    internal override bool Wants(string @event) => false;

    internal override void Apply(in FoldedEvent folded, Span<long> row)
    {
    }

    internal override void Take(PriorFitted prior)
    {
        if (prior.State == _name && prior.Version > _current.Version && prior is { AlphaMicros: > 0, BetaMicros: > 0 })
        {
            _current = new Frozen(prior.Version, prior.AlphaMicros, prior.BetaMicros);
        }
    }

    internal override FrozenState Freeze(long time) => _current;

    internal override void Save(StateWriter to)
    {
        to.Count(_current.Version);
        to.Signed(_current.AlphaMicros);
        to.Signed(_current.BetaMicros);
    }

    internal override void Load(StateReader from) => _current = new Frozen(from.Count(int.MaxValue), from.Signed(), from.Signed());

    /// <param name="version">0 before the first.</param>
    /// <param name="alpha">In millionths.</param>
    /// <param name="beta">In millionths.</param>
    internal sealed class Frozen(int version, long alpha, long beta) : FrozenState
    {
        internal int Version => version;

        internal long AlphaMicros => alpha;

        internal long BetaMicros => beta;

        internal override IEnumerable<string> Canonical(CanonicalItems items) =>
            version == 0 ? [] : [string.Create(CultureInfo.InvariantCulture, $"{version}:{alpha}:{beta}")];
    }
}
