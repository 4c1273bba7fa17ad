using System.Globalization;
using Millrace.Features.Numerics;
using Millrace.Features.PointInTime;
using Millrace.Features.PointInTime.Parquet;
using Millrace.Journal;
using Millrace.Journal.Facts;

namespace Millrace.FeatureForget;

/// <summary>
/// Looks through the files of training rows for decisions whose persons were erased since, and takes their rows out. Rows name decisions and no persons: which are whose the journal alone
/// knows, for as long as it keeps the decision. One use.
/// </summary>
/// <param name="journal">Read, never written.</param>
/// <param name="tenant">Whose decisions.</param>
/// <param name="request">Which files.</param>
/// <param name="skipped">Told of each record that is no fact.</param>
internal sealed class ForgetRun(IJournalReader journal, string tenant, ForgetRequest request, Action<Position, Exception> skipped)
{
    /// <summary>A record may stand so much before or behind its slice: it is written behind the reply, and a clock may have been set.</summary>
    private static readonly TimeSpan Around = TimeSpan.FromMinutes(10);

    private readonly SkippingReader _reader = new(journal, skipped);
    private string _at = "";

    /// <summary>How far it is; any thread may ask.</summary>
    public string Progress => Volatile.Read(ref _at);

    /// <exception cref="JournalException">The journal cannot be read.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public async Task<ForgetOutcome> RunAsync(CancellationToken cancellation)
    {
        var files = new List<ForgottenFile>();
        var slices = RowFiles.In(request.Directory).GroupBy(file => (file.From, file.To)).OrderBy(slice => slice.Key.From).ToArray();
        for (var i = 0; i < slices.Length; i++)
        {
            Volatile.Write(ref _at, string.Create(CultureInfo.InvariantCulture, $"{i:N0} of {slices.Length:N0} slices looked through"));
            var (known, erased) = await DecisionsOfAsync(slices[i].Key.From, slices[i].Key.To, cancellation);
            foreach (var file in slices[i].OrderBy(file => file.Name, StringComparer.Ordinal))
            {
                files.Add(await LookAsync(file.Name, known, erased, cancellation));
            }
        }

        return new ForgetOutcome(request.Keep, [.. files]);
    }

    private async Task<ForgottenFile> LookAsync(string name, HashSet<ulong> known, HashSet<ulong> erased, CancellationToken cancellation)
    {
        var path = Path.Combine(request.Directory, name);
        var decisions = await RowRemoval.DecisionsOfAsync(path, cancellation);
        var gone = decisions.Where(decision => erased.Contains(ItemHash.Of(decision.Key))).ToArray();
        var unknown = decisions.Where(decision => !known.Contains(ItemHash.Of(decision.Key))).ToArray();
        var file = new ForgottenFile(name, decisions.Values.Sum(), gone.Length, gone.Sum(decision => decision.Value), unknown.Length, unknown.Sum(decision => decision.Value));
        if (!request.Keep && (file.Rows > 0 || (request.DropUnknown && file.UnknownRows > 0)))
        {
            await RowRemoval.RemoveAsync(path, Goes, cancellation);
        }

        return file;

        bool Goes(string decision) => ItemHash.Of(decision) is var hash && (erased.Contains(hash) || (request.DropUnknown && !known.Contains(hash)));
    }

    /// <summary>The decisions of a time that the journal holds, and those of them whose persons were erased; by hash, since there may be millions.</summary>
    private async Task<(HashSet<ulong> Known, HashSet<ulong> Erased)> DecisionsOfAsync(UnixMicros from, UnixMicros to, CancellationToken cancellation)
    {
        var (known, erased) = (new HashSet<ulong>(), new HashSet<ulong>());
        for (var partition = 0; partition < journal.Partitions(JournalStream.Decisions); partition++)
        {
            var next = await journal.SeekAsync(JournalStream.Decisions, partition, from - Around, cancellation);
            var end = await journal.SeekAsync(JournalStream.Decisions, partition, to + Around, cancellation);
            while (next < end && await _reader.ReadAsync(JournalStream.Decisions, partition, next, cancellation) is { Count: > 0 } batch)
            {
                foreach (var decided in batch.Select(stored => stored.Fact).OfType<Decided>().Where(decided => decided.Tenant == tenant))
                {
                    var hash = ItemHash.Of(decided.Id);
                    known.Add(hash);
                    if (decided.Erased)
                    {
                        erased.Add(hash);
                    }
                }

                next = batch[^1].Position.Offset + 1;
            }
        }

        return (known, erased);
    }
}
