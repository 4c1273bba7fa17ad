using Millrace.Journal;
using Millrace.Journal.Local;

namespace Millrace.Conformance.Journal;

/// <summary>What every adapter of <see cref="ISubjectKeys"/> does.</summary>
public abstract class SubjectKeysConformance
{
    protected abstract ISubjectKeys Open();

    [Fact]
    public void A_subject_keeps_its_key_and_no_two_share_one()
    {
        using var keys = Open();
        var ada = IdOf(keys, "default", "ada");
        Assert.Equal(ada, IdOf(keys, "default", "ada"));
        var ids = new[] { ada, IdOf(keys, "default", "bob"), IdOf(keys, "other", "ada") };
        Assert.All(ids, id => Assert.True(id > 0));
        Assert.Equal(3, ids.Select(id => Convert.ToHexString(Read(keys, id)!)).Distinct().Count());
    }

    [Fact]
    public void A_destroyed_key_is_gone_and_a_later_fact_gets_a_new_one()
    {
        using var keys = Open();
        var first = IdOf(keys, "default", "ada");
        keys.MakeDurable(first);
        Assert.True(keys.Destroy("default", "ada"));
        Assert.False(keys.Destroy("default", "ada"));
        Assert.Null(Read(keys, first));
        Assert.NotEqual(first, IdOf(keys, "default", "ada"));
    }

    [Fact]
    public void An_unknown_key_cannot_be_read()
    {
        using var keys = Open();
        Assert.Null(Read(keys, 1));
        Assert.Null(Read(keys, long.MaxValue));
    }

    protected static long IdOf(ISubjectKeys keys, string tenant, string subject)
    {
        var secret = new byte[32];
        var id = keys.Read(tenant, subject, secret);
        Assert.Equal(Read(keys, id), secret);
        return id;
    }

    protected static byte[]? Read(ISubjectKeys keys, long id)
    {
        var secret = new byte[32];
        return keys.TryRead(id, secret) ? secret : null;
    }
}

public sealed class MemorySubjectKeysConformance : SubjectKeysConformance
{
    protected override ISubjectKeys Open() => new MemorySubjectKeys();
}

public sealed class FileSubjectKeysConformance : SubjectKeysConformance, IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("millrace-keys-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Durable_keys_survive_and_destroyed_ones_stay_destroyed()
    {
        byte[]? secret;
        using (var keys = Open())
        {
            secret = Read(keys, IdOf(keys, "default", "ada"));
            keys.MakeDurable(IdOf(keys, "default", "bob"));
            Assert.True(keys.Destroy("default", "bob"));
        }

        using var again = Open();
        Assert.Equal(1, IdOf(again, "default", "ada"));
        Assert.Equal(secret, Read(again, 1));
        Assert.Null(Read(again, 2));
        Assert.Equal(3, IdOf(again, "default", "bob"));
    }

    protected override ISubjectKeys Open() => new FileSubjectKeys(Path.Combine(_directory, "keys"));
}
