using Millrace.Models.Posteriors;
using Millrace.Models.Trees;

namespace Millrace.Models.Shelf;

/// <summary>Where models are found by the SHA-256 of their files: what a policy names is exactly what it gets, for as long as its decisions may be replayed.</summary>
public interface IModelShelf
{
    /// <summary>The forest whose file has this digest; null when the shelf has none, or one that is damaged. The same digest gives the same model.</summary>
    /// <param name="digest">SHA-256 in lower-case hexadecimal.</param>
    Forest? Forest(string digest);

    /// <summary>The Bayesian linear model whose file has this digest; null likewise.</summary>
    /// <param name="digest">SHA-256 in lower-case hexadecimal.</param>
    LinearPosterior? Linear(string digest);
}
