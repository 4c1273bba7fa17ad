using Millrace.Journal;

namespace Millrace.Tests.Features.Images;

/// <summary>Keys of persons that tell when one is asked for by its id.</summary>
internal sealed class WatchingKeys(ISubjectKeys keys, Action asked) : ISubjectKeys
{
    public int Asked { get; private set; }

    public Guid Set => keys.Set;

    public long Newest => keys.Newest;

    public long Read(string tenant, string subject, Span<byte> secret) => keys.Read(tenant, subject, secret);

    public long Find(string tenant, string subject) => keys.Find(tenant, subject);

    public void Abandon(long id) => keys.Abandon(id);

    public bool TryRead(long id, Span<byte> secret)
    {
        Asked++;
        asked();
        return keys.TryRead(id, secret);
    }

    public void MakeDurable(long id) => keys.MakeDurable(id);

    public bool Destroy(string tenant, string subject) => keys.Destroy(tenant, subject);

    public bool BeginRound() => keys.BeginRound();

    public ISubjectKeySweep BeginSweep() => keys.BeginSweep();

    public void Dispose()
    {
    }
}
