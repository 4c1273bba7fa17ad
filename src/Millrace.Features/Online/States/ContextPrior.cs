using System.Globalization;
using Millrace.Features.Definitions;
using Millrace.Features.Images;
using Millrace.Features.Priors;
using Millrace.Journal.Facts;

namespace Millrace.Features.Online;

/// <summary>The prior that was last fitted to the rates of items in contexts and recorded: the highest version counts.</summary>
internal sealed class ContextPrior(ContextPriorKey key) : ItemState
{
    private readonly string _name = key.ToString();
    private ContextPriorTable? _current;

    internal override string? Event => null;

    internal override bool Wants(string @event) => false;

    internal override void Apply(in FoldedEvent folded, Span<long> row)
    {
    }

    internal override void Take(PriorFitted prior)
    {
        if (prior.State == _name && prior.Version > (_current?.Fact.Version ?? 0) && IsSound(prior))
        {
            _current = new ContextPriorTable(prior);
        }
    }

    internal override FrozenState Freeze(long time) => new Frozen(_current);

    internal override void Save(StateWriter to)
    {
        to.Flag(_current is not null);
        if (_current?.Fact is { } fact)
        {
            to.Count(fact.Version);
            to.Signed(fact.AlphaMicros);
            to.Signed(fact.BetaMicros);
            to.Signed(fact.ItemWorthMicros);
            to.Signed(fact.HereWorthMicros);
            to.Count(fact.LeftOut);
            to.Count(fact.Cells.Length);
            foreach (var cell in fact.Cells)
            {
                to.Hash(cell.Context);
                to.Count(cell.Level);
                to.Number(cell.Group);
                to.Signed(cell.FactorMicros);
            }
        }
    }

    internal override void Load(StateReader from)
    {
        if (!from.Flag())
        {
            return;
        }

        var fact = new PriorFitted
        {
            Id = "",
            State = _name,
            Version = from.Count(int.MaxValue),
            AlphaMicros = from.Signed(),
            BetaMicros = from.Signed(),
            ItemWorthMicros = from.Signed(),
            HereWorthMicros = from.Signed(),
            LeftOut = from.Count(int.MaxValue),
        };
        var cells = new PriorCell[from.Count(ContextPriorTable.MostCells)];
        for (var i = 0; i < cells.Length; i++)
        {
            cells[i] = new PriorCell(from.Hash(), from.Count(ContextPriorTable.MostLevels), (uint)from.Number(), from.Signed());
        }

        fact = fact with { Cells = [.. cells] };
        _current = IsSound(fact) ? new ContextPriorTable(fact) : throw from.Bad("a prior of positive numbers", "another");
    }

    /// <summary>Whether all that reading divides by is above 0, and tables are within their bounds.</summary>
    private static bool IsSound(PriorFitted prior) =>
        prior is { AlphaMicros: > 0, BetaMicros: > 0, ItemWorthMicros: > 0, HereWorthMicros: > 0 }
        && prior.Cells.Length <= ContextPriorTable.MostCells
        && prior.Cells.Count(cell => cell is { Level: 0, Context: not 0 }) <= ContextPriorTable.MostContexts
        && prior.Cells.All(cell => cell is { FactorMicros: > 0, Level: >= 0 and <= ContextPriorTable.MostLevels });

    /// <param name="table">Null before the first.</param>
    internal sealed class Frozen(ContextPriorTable? table) : FrozenState
    {
        /// <summary>What is in force; null before the first.</summary>
        internal ContextPriorTable? Table => table;

        /// <summary>What items earned in all contexts of the table, in this snapshot: worked out once for each that is read.</summary>
        internal ItemEvidence Evidence { get; } = new();

        /// <summary>The states of the groups in this snapshot; null before anybody read them.</summary>
        internal CatalogueState.Frozen[]? Groups { get; set; }

        internal override IEnumerable<string> Canonical(CanonicalItems items) => table?.Fact is not { } fact
            ? []
            : [
                string.Create(CultureInfo.InvariantCulture, $"{fact.Version}:{fact.AlphaMicros}:{fact.BetaMicros}:{fact.ItemWorthMicros}:{fact.HereWorthMicros}"),
                .. fact.Cells.Select(cell => string.Create(CultureInfo.InvariantCulture, $"{cell.Context:x16}:{cell.Level}:{cell.Group:x8}:{cell.FactorMicros}")),
            ];
    }
}
