using System.Collections.Immutable;
using Millrace.Models.Posteriors;
using Millrace.Models.Shelf;
using Millrace.Models.Trees;

namespace Millrace.Node.Configuration;

/// <summary>The model files that a configuration names, read whole with it: a policy holds their digests, so that a changed file is a changed policy.</summary>
internal sealed class ModelFiles : IModelShelf
{
    private const string Linear = "linear";

    private static readonly string[] Kinds = ["forest", Linear];

    private readonly ImmutableArray<ModelFile> _files;

    private ModelFiles(ImmutableArray<ModelFile> files, ImmutableArray<string> paths)
    {
        _files = files;
        Paths = paths;
    }

    public static ModelFiles None { get; } = new([], []);

    /// <summary>Whole paths of all that were named, those that could not be read too.</summary>
    public ImmutableArray<string> Paths { get; }

    /// <summary>Those that could be read.</summary>
    public IEnumerable<ModelFile> Files => _files;

    /// <summary>Reads what policies name; what is wrong with a file is a fault at the head that names it.</summary>
    /// <param name="root">A tree without faults.</param>
    /// <param name="folder">What relative paths start from: where the configuration file is.</param>
    /// <param name="faults">Take what is wrong.</param>
    public static ModelFiles Read(BoundObject root, string folder, ConfigFaults faults)
    {
        var files = new Dictionary<string, ModelFile?>(StringComparer.Ordinal);
        foreach (var (kind, named) in root["policies"].Entries.SelectMany(policy => Named(policy.Value.Object!)).Where(file => file.Named.IsWritten))
        {
            var path = Path.GetFullPath(named.Text!, folder);
            if (files.GetValueOrDefault(path) is { } known && !known.Is(kind))
            {
                faults.Add(new ConfigFault(named.Mark, named.Path, "a model of one kind", $"'{named.Text}', which another head takes for another"));
            }
            else if (!files.ContainsKey(path))
            {
                files[path] = Read(kind, named, path, faults);
            }
        }

        return files.Count == 0 ? None : new([.. files.Values.OfType<ModelFile>()], [.. files.Keys]) { Folder = folder };
    }

    private static IEnumerable<(string Kind, Bound Named)> Named(BoundObject policy)
    {
        var heads = policy["heads"].Entries.SelectMany(head => Kinds.Select(kind => (kind, head.Value.Object![kind])));
        return policy["firstPhase"].Object is { } phase ? heads.Prepend((Kinds[0], phase[Kinds[0]])) : heads;
    }

    private string Folder { get; init; } = "";

    /// <summary>The file as a configuration names it.</summary>
    public ModelFile this[string written] => _files.First(file => file.Path == Path.GetFullPath(written, Folder));

    public Forest? Forest(string digest) => _files.FirstOrDefault(file => file.Digest == digest)?.Forest;

    LinearPosterior? IModelShelf.Linear(string digest) => _files.FirstOrDefault(file => file.Digest == digest)?.Linear;

    private static ModelFile? Read(string kind, Bound named, string path, ConfigFaults faults)
    {
        try
        {
            var bytes = kind == Linear ? LinearFile.ReadBytes(path) : ForestFile.ReadBytes(path);
            return new ModelFile(path, ModelDigest.Of(bytes), bytes, kind == Linear ? null : ForestFile.Read(bytes), kind == Linear ? LinearFile.Read(bytes) : null);
        }
        catch (Exception refused) when (refused is ForestException or InvalidDataException or IOException or UnauthorizedAccessException)
        {
            faults.Add(new ConfigFault(named.Mark, named.Path, "a model that can be read", $"'{named.Text}': {refused.Message}"));
            return null;
        }
    }
}

/// <param name="Path">Whole.</param>
/// <param name="Digest">Of <paramref name="Bytes"/>.</param>
/// <param name="Bytes">As read, so that what is kept is what was checked.</param>
/// <param name="Forest">What they say, of trees.</param>
/// <param name="Linear">What they say, of a linear model.</param>
internal sealed record ModelFile(string Path, string Digest, byte[] Bytes, Forest? Forest, LinearPosterior? Linear)
{
    /// <summary>Whether it was read as what a head names by <paramref name="kind"/>.</summary>
    public bool Is(string kind) => kind == "linear" == Linear is not null;
}
