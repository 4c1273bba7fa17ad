using Millrace.Models.Posteriors;
using Millrace.Models.Shelf;
using Millrace.Tests.Models.Trees;

namespace Millrace.Tests.Models.Shelf;

public sealed class ModelShelfTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("millrace-").FullName;
    private readonly List<string> _damaged = [];

    private string Folder => Path.Combine(_root, "models");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void What_was_put_is_found_by_its_digest_by_whoever_opens_theFolder_next()
    {
        byte[] bytes = GoldenFiles.Model("regression");
        string digest = Open().Put(bytes);
        Assert.Equal(ModelDigest.Of(bytes), digest);
        Assert.Equal(6, Open().Forest(digest)!.Trees.Length);
        Assert.Equal(bytes, File.ReadAllBytes(Path.Combine(Folder, digest)));
        Assert.Equal([digest], Directory.EnumerateFiles(Folder).Select(Path.GetFileName));
        Assert.Empty(_damaged);
    }

    [Fact]
    public void What_was_never_put_and_what_is_no_digest_are_not_found()
    {
        string digest = Open().Put(GoldenFiles.Model("regression"));
        Assert.Null(Open().Forest(ModelDigest.Of("other"u8)));
        Assert.Null(Open().Forest("../" + digest));
        Assert.Null(Open().Forest(""));
        Assert.Empty(_damaged);
    }

    [Fact]
    public void A_damaged_file_is_told_of_and_not_served_and_putting_it_again_mends_it()
    {
        byte[] bytes = GoldenFiles.Model("regression");
        string digest = Open().Put(bytes);
        string path = Path.Combine(Folder, digest);
        byte[] flipped = [.. bytes];
        flipped[bytes.Length / 2] ^= 1;
        foreach (byte[] damage in (byte[][])[flipped, bytes[..^7], []])
        {
            File.WriteAllBytes(path, damage);
            Assert.Null(Open().Forest(digest));
            Open().Put(bytes);
            Assert.NotNull(Open().Forest(digest));
        }

        Assert.Equal(3, _damaged.Count);
        Assert.All(_damaged, told => Assert.StartsWith($"{path}: expected bytes of the SHA-256 {digest}; got ", told));
    }

    [Fact]
    public void A_file_beyond_the_bounds_is_not_read()
    {
        string digest = Open().Put(GoldenFiles.Model("regression"));
        var shelf = new FolderModelShelf(Folder, (path, why) => _damaged.Add(why), Millrace.Models.Trees.ForestLimits.Default with { Bytes = 1000 });
        Assert.Null(shelf.Forest(digest));
        Assert.StartsWith("expected at most 1000 bytes; got", Assert.Single(_damaged));
    }

    [Fact]
    public void A_linear_model_is_found_likewise_and_is_no_forest()
    {
        var evidence = new LinearEvidence(["a", "b"], 1, 1);
        evidence.Add([1, 2], 3);
        byte[] bytes = LinearFile.Write(evidence.Posterior());
        string digest = Open().Put(bytes);
        Assert.Equal(["a", "b"], Open().Linear(digest)!.Features);
        Assert.Equal(["a", "b"], Shelf(bytes).Linear(digest)!.Features);
        Assert.Null(Shelf(bytes).Forest(digest));
        Assert.Null(Open().Linear(ModelDigest.Of("other"u8)));
        Assert.Empty(_damaged);
        File.WriteAllBytes(Path.Combine(Folder, digest), bytes[..^1]);
        Assert.Null(Open().Linear(digest));
        Assert.StartsWith($"{Path.Combine(Folder, digest)}: expected bytes of the SHA-256 {digest}; got ", Assert.Single(_damaged));

        static MemoryModelShelf Shelf(byte[] bytes)
        {
            var shelf = new MemoryModelShelf();
            shelf.Add(bytes);
            return shelf;
        }
    }

    [Fact]
    public void A_record_names_so_many_models_as_fit_it()
    {
        string[] digests = [.. Enumerable.Range(0, 32).Select(static i => ModelDigest.Of([(byte)i]))];
        Assert.Null(ModelDigest.Brief([]));
        Assert.Equal(digests[0][..12], ModelDigest.Brief(digests[..1]));
        Assert.Equal($"{digests[0][..12]}+{digests[1][..12]}", ModelDigest.Brief(digests[..2]));
        Assert.EndsWith("+28more", ModelDigest.Brief(digests));
        Assert.InRange(ModelDigest.Brief(digests)!.Length, 0, 64);
    }

    private FolderModelShelf Open() => new(Folder, (path, why) => _damaged.Add($"{path}: {why}"));
}
