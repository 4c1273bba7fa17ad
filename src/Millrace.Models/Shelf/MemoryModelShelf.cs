using System.Collections.Concurrent;
using Millrace.Models.Trees;

namespace Millrace.Models.Shelf;

/// <summary>Models in memory.</summary>
public sealed class MemoryModelShelf : IModelShelf
{
    private readonly ConcurrentDictionary<string, Forest> _forests = new(StringComparer.Ordinal);

    /// <summary>A shelf that holds nothing, for policies without models.</summary>
    public static IModelShelf Empty { get; } = new MemoryModelShelf();

    /// <summary>Takes a model file; its digest.</summary>
    /// <exception cref="ForestException">It is no model.</exception>
    public string Add(byte[] bytes)
    {
        string digest = ModelDigest.Of(bytes);
        _forests.TryAdd(digest, ForestFile.Read(bytes));
        return digest;
    }

    public Forest? Forest(string digest) => _forests.GetValueOrDefault(digest);
}
