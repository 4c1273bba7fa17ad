using Millrace.Models.Posteriors;
using Millrace.Models.Shelf;
using Millrace.Models.Trees;

namespace Millrace.Cli;

/// <summary>The models of the configuration, and behind them those of policies that decided before.</summary>
internal sealed class ShelfBeside(IModelShelf first, IModelShelf second) : IModelShelf
{
    public Forest? Forest(string digest) => first.Forest(digest) ?? second.Forest(digest);

    public LinearPosterior? Linear(string digest) => first.Linear(digest) ?? second.Linear(digest);
}
