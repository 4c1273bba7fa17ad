using Millrace.Features.Local;
using Millrace.Features.Online;
using Millrace.Journal;

namespace Millrace.Conformance.Persons;

public sealed class EmbeddedPersonStoreConformance : PersonStoreConformance
{
    protected override IPersonStore Open(PersonLayout layout, int partitions, ISubjectKeys keys) => new EmbeddedPersonStore(layout, partitions, keys: keys);
}

/// <summary>Of one shard: everybody behind one lock.</summary>
public sealed class NarrowPersonStoreConformance : PersonStoreConformance
{
    protected override IPersonStore Open(PersonLayout layout, int partitions, ISubjectKeys keys) => new EmbeddedPersonStore(layout, partitions, maxPersons: 100, keys: keys);
}
