using System.Collections.Concurrent;
using Millrace.Models.Posteriors;
using Millrace.Models.Trees;

namespace Millrace.Models.Shelf;

/// <summary>Models in memory.</summary>
public sealed class MemoryModelShelf : IModelShelf
{
    private readonly ConcurrentDictionary<string, Forest> _forests = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, LinearPosterior> _linear = new(StringComparer.Ordinal);

    /// <summary>A shelf that holds nothing, for policies without models.</summary>
    public static IModelShelf Empty { get; } = new MemoryModelShelf();

    /// <summary>Takes a model file; its digest.</summary>
    /// <exception cref="ForestException">It is no model.</exception>
    /// <exception cref="InvalidDataException">It is a linear model, and damaged.</exception>
    public string Add(byte[] bytes)
    {
        string digest = ModelDigest.Of(bytes);
        if (LinearFile.IsOne(bytes)) _linear.TryAdd(digest, LinearFile.Read(bytes));
        else _forests.TryAdd(digest, ForestFile.Read(bytes));
        return digest;
    }

    public Forest? Forest(string digest) => _forests.GetValueOrDefault(digest);

    public LinearPosterior? Linear(string digest) => _linear.GetValueOrDefault(digest);
}
