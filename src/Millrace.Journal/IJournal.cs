using Millrace.Journal.Facts;

namespace Millrace.Journal;

/// <summary>
/// The journal: named streams of immutable facts, each split into a fixed number of partitions. Order holds within a partition only.
/// Every adapter passes the conformance suite in <c>tests/Millrace.Conformance</c>, which is this port's full specification.
/// </summary>
public interface IJournal : IJournalReader, IAsyncDisposable
{
    /// <summary>Appends one fact to its stream (<see cref="Fact.Stream"/>) and partition (<see cref="Fact.PartitionKey"/>).</summary>
    /// <returns>Its position, once it is durable: it survives a power cut from then on.</returns>
    /// <exception cref="JournalFullException">A named bound (queue bytes, disk) is hit: nothing was written; try again later.</exception>
    /// <exception cref="JournalFaultException">The disk refused: nothing is acknowledged until the journal is opened again.</exception>
    /// <exception cref="FactTooLongException">An adapter that stores bytes refuses more than <see cref="FactSize.Max"/>: nothing was written.</exception>
    ValueTask<Position> AppendAsync(Fact fact, CancellationToken cancellation = default);

    /// <summary>
    /// Appends a batch; facts keep their relative order within each partition. Each partition commits its part by itself, whole or not at all; what is thrown says
    /// which facts are durable.
    /// </summary>
    /// <returns>The positions, index for index, once all are durable.</returns>
    /// <exception cref="JournalPartialException">Some partitions committed and some did not: names what is durable, and why the rest is not.</exception>
    /// <exception cref="JournalFullException">A named bound (queue bytes, disk) is hit: nothing of the batch was written; try again later.</exception>
    /// <exception cref="JournalFaultException">The disk refused: nothing of the batch is acknowledged.</exception>
    /// <exception cref="FactTooLongException">An adapter that stores bytes refuses more than <see cref="FactSize.Max"/>: nothing of the batch was written.</exception>
    ValueTask<Position[]> AppendAsync(IReadOnlyList<Fact> facts, CancellationToken cancellation = default);

    /// <summary>Completes as soon as the partition holds a fact at or past <paramref name="offset"/>: how a reader tails.</summary>
    ValueTask WaitAsync(JournalStream stream, int partition, long offset, CancellationToken cancellation = default);

    /// <summary>Facts of <paramref name="stream"/> whose id, or whose decision id, equals <paramref name="key"/>, in order of partition and offset.</summary>
    /// <param name="stream">The stream to look in.</param>
    /// <param name="key">A fact's <see cref="Fact.Id"/> or <see cref="Fact.DecisionKey"/>, compared ordinally.</param>
    /// <param name="tenant">The tenant that asks.</param>
    /// <param name="max">At most so many; the oldest win.</param>
    /// <param name="cancellation">Ends the search.</param>
    ValueTask<IReadOnlyList<StoredFact>> FindAsync(JournalStream stream, string key, string tenant, int max, CancellationToken cancellation = default);

    /// <summary>The next offset that the named consumer wants, as last committed; 0 when it never committed.</summary>
    ValueTask<long> CommittedAsync(string consumer, JournalStream stream, int partition, CancellationToken cancellation = default);

    /// <summary>Durably records that the named consumer has dealt with everything before <paramref name="next"/>.</summary>
    ValueTask CommitAsync(string consumer, Position next, CancellationToken cancellation = default);
}
