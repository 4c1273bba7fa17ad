using System.CommandLine;
using System.Globalization;
using Millrace.Models.Manifest;
using Millrace.Models.Registry;
using Millrace.Models.Shelf;
using Millrace.Node;

namespace Millrace.Cli;

/// <summary>The registry of a data directory, its shelf, and whose signatures count there. A node may run beside: the registry takes several processes, and files on the shelf are never changed.</summary>
internal sealed class ModelStore
{
    private readonly string _folder;

    private ModelStore(string data)
    {
        _folder = Path.Combine(data, "registry");
        Shelf = new FolderModelShelf(DataDirectory.ModelsOf(data));
        Registry = new SqliteModelRegistry(Path.Combine(_folder, "models.db"));
    }

    internal IModelRegistry Registry { get; }

    internal FolderModelShelf Shelf { get; }

    /// <summary>Public keys in PEM, a file each.</summary>
    internal string TrustFolder => Path.Combine(_folder, "trusted");

    internal static ModelStore Open(NodeOptions options, ParseResult parsed) => new(options.SourceOf(parsed).Load().Node.Data);

    /// <summary>What verifies here.</summary>
    /// <param name="definitions">The fingerprint of features that a model must have learnt from; null for any.</param>
    /// <exception cref="NodeStartException">No key is trusted.</exception>
    internal ManifestVerifier Verifier(string? definitions = null)
    {
        string[] files = Directory.Exists(TrustFolder) ? [.. Directory.EnumerateFiles(TrustFolder, "*.pem").Order(StringComparer.Ordinal)] : [];
        return files.Length > 0
            ? new ManifestVerifier(TrustedKeys.FromPem(files.Select(File.ReadAllText)), definitions)
            : throw new NodeStartException(ExitCode.Failure, $"no key is trusted: put its public half, as PEM, into {TrustFolder}, or make one by 'millrace models key FILE'");
    }

    /// <summary>The version that a text names.</summary>
    /// <exception cref="NodeStartException">It is no reference, or there is no such version.</exception>
    internal RegisteredModel Find(string text)
    {
        var reference = ModelReference.Parse(text) ?? throw new NodeStartException(ExitCode.Usage, $"expected NAME, NAME@VERSION or NAME@current, candidate or previous; got '{text}'");
        return reference.In(Registry) ?? throw new NodeStartException(ExitCode.Failure, $"there is no model {text}");
    }

    /// <summary>The manifest and the file of a version, verified.</summary>
    /// <exception cref="NodeStartException">Refused: says why.</exception>
    internal (ModelManifest Manifest, byte[] Model) Verified(RegisteredModel model)
    {
        var verifier = Verifier();
        try
        {
            var manifest = verifier.Manifest(model.Envelope, model.Name, model.Version);
            return (manifest, verifier.Model(manifest, Shelf.PathOf(manifest.Digest)));
        }
        catch (ModelRefusedException refused)
        {
            throw new NodeStartException(ExitCode.Failure, $"{model} is refused: {refused.Message}");
        }
    }

    /// <summary>What a version says of itself, verified; its file is not looked at.</summary>
    /// <exception cref="NodeStartException">Refused: says why.</exception>
    internal ModelManifest ManifestOf(RegisteredModel model)
    {
        try
        {
            return Verifier().Manifest(model.Envelope, model.Name, model.Version);
        }
        catch (ModelRefusedException refused)
        {
            throw new NodeStartException(ExitCode.Failure, $"{model} is refused: {refused.Message}");
        }
    }

    internal string Aliases(RegisteredModel model)
    {
        var moves = Registry.Moves(model.Name);
        return string.Join(',', Enum.GetValues<ModelAlias>().Where(alias => AliasLog.Version(moves, alias) == model.Version).Select(alias => alias.ToString().ToLower(CultureInfo.InvariantCulture)));
    }
}
