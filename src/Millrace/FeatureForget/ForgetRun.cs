using System.Collections.Immutable;
using System.Globalization;
using Millrace.Features.Numerics;
using Millrace.Features.PointInTime.Parquet;
using Millrace.Journal;

namespace Millrace.FeatureForget;

/// <summary>
/// Looks through the files of training rows for decisions whose persons were erased since, and takes their rows out. Rows name decisions and no persons: which are whose the journal alone
/// knows, for as long as it keeps the decision. Everything is judged before anything is written. One use.
/// </summary>
/// <param name="journal">Read, never written; reads as erased only what was sealed with a key that was destroyed.</param>
/// <param name="tenant">Whose decisions.</param>
/// <param name="request">Which files.</param>
/// <param name="skipped">Told of each record that is no fact.</param>
internal sealed class ForgetRun(IJournalReader journal, string tenant, ForgetRequest request, Action<Position, Exception> skipped)
{
    private readonly DecisionJudge _judge = new(journal, tenant, skipped);
    private readonly List<UnreadFile> _unread = [];
    private string _at = "";

    /// <summary>How far it is; any thread may ask.</summary>
    public string Progress => Volatile.Read(ref _at);

    /// <exception cref="JournalException">The journal cannot be read, or its keys open nothing.</exception>
    /// <exception cref="IOException">The directory cannot be read or is another's, or holds rows of another journal.</exception>
    public async Task<ForgetOutcome> RunAsync(CancellationToken cancellation)
    {
        // Where no build wrote anything there is nothing to keep to oneself, and no trace to leave.
        var isBuilt = RowFiles.BuiltIn(request.Directory).Any() || RowFiles.UnfinishedIn(request.Directory).Length > 0;
        using var alone = request.Keep || !isBuilt ? null : RowFiles.Lock(request.Directory);
        _unread.AddRange(RowFiles.StrangersIn(request.Directory).Select(name => new UnreadFile(name, "no build gave it this name")));
        var looked = await LookAsync(cancellation);
        var elsewhere = await _judge.AnywhereAsync(looked.SelectMany(file => file.Unknown).Select(row => ItemHash.Of(row.Decision)).ToHashSet(), cancellation);
        var retired = await _judge.RetiredBeforeAsync(cancellation);
        var judged = looked.Select(file => file.With(elsewhere, request.Journal.Length > 0 && file.Journal == request.Journal ? retired : null)).ToArray();
        if (!request.KeysAreNamed && !_judge.HasOpened && judged.Any(file => file.Erased.Length > 0))
        {
            throw new JournalKeysException("no key opens any decision of that time, and neither the journal nor the key file says that they belong together: it may be another's. Nothing was changed");
        }

        var files = ImmutableArray.CreateBuilder<ForgottenFile>();
        foreach (var file in judged)
        {
            Volatile.Write(ref _at, string.Create(CultureInfo.InvariantCulture, $"{files.Count:N0} of {judged.Length:N0} files written"));
            await TryAsync(file.Name, async () =>
            {
                await RemoveAsync(file, cancellation);
                files.Add(file.Found());
            });
        }

        var unfinished = RowFiles.UnfinishedIn(request.Directory);
        foreach (var name in request.Keep ? [] : unfinished)
        {
            Delete(PathOf(name)); // Nobody writes it: the directory is locked.
        }

        return new ForgetOutcome(request, files.ToImmutable(), [.. _unread], [.. unfinished]);
    }

    private async Task<List<LookedFile>> LookAsync(CancellationToken cancellation)
    {
        var files = new List<LookedFile>();
        var slices = RowFiles.BuiltIn(request.Directory).GroupBy(file => (file.From, file.To)).OrderBy(slice => slice.Key.From).ToArray();
        for (var i = 0; i < slices.Length; i++)
        {
            Volatile.Write(ref _at, string.Create(CultureInfo.InvariantCulture, $"{i:N0} of {slices.Length:N0} slices looked through"));
            var verdicts = await _judge.AboutAsync(slices[i].Key.From, slices[i].Key.To, cancellation);
            foreach (var name in slices[i].Select(file => file.Name).Order(StringComparer.Ordinal))
            {
                var journal = "";
                if (await TryAsync(name, async () => journal = (await RowFiles.OriginOfAsync(request.Directory, name, cancellation)).Journal ?? ""))
                {
                    Check(name, journal);
                    await TryAsync(name, async () => files.Add(LookedFile.Of(name, journal, await RowRemoval.DecisionsOfAsync(PathOf(name), cancellation), verdicts)));
                }
            }
        }

        return files;
    }

    /// <summary>A file of another journal would lose what this one does not hold.</summary>
    private void Check(string name, string journal)
    {
        if (journal.Length > 0 && request.Journal.Length > 0 && journal != request.Journal)
        {
            throw new IOException($"{PathOf(name)} holds rows of the journal {journal}, and this is the journal {request.Journal}: it cannot tell whose they are. Nothing was changed");
        }
    }

    private async Task RemoveAsync(LookedFile file, CancellationToken cancellation)
    {
        HashSet<string> gone = [.. file.Erased.Select(row => row.Decision)];
        gone.UnionWith(request.DropUnknown ? file.Retired.Select(row => row.Decision) : []);
        gone.UnionWith(request.DropUnreadable ? file.Unknown.Select(row => row.Decision) : []);
        if (!request.Keep && gone.Count > 0)
        {
            await RowRemoval.RemoveAsync(PathOf(file.Name), gone.Contains, cancellation);
        }
    }

    /// <summary>A file that cannot be read, or written, does not keep the others from being looked through.</summary>
    private async Task<bool> TryAsync(string name, Func<Task> act)
    {
        try
        {
            await act();
            return true;
        }
        catch (Exception bad) when (bad is not OperationCanceledException)
        {
            _unread.Add(new UnreadFile(name, bad.Message));
            return false;
        }
    }

    private static void Delete(string path)
    {
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }
        else
        {
            File.Delete(path);
        }
    }

    private string PathOf(string name) => Path.Combine(request.Directory, name);
}
