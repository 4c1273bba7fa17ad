using Millrace.Features.Definitions;
using Millrace.Features.Images;
using Millrace.Features.Online;
using Millrace.Journal;
using Millrace.Journal.Facts;
using Millrace.Journal.Local;

namespace Millrace.Tests.Features.Images;

/// <summary>Folders of a small set of features that are written and read back.</summary>
internal static class Imaged
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    internal static readonly FeatureSet Set = FeatureSet.Create(
    [
        new CountFeature("clicks_1h", "click", Hour),
        new CountFeature("seen_2h", "impression", 2 * Hour),
        new DecayedCountFeature("hot", "click", TimeSpan.FromMinutes(30)),
        new AgeFeature("idle", AgeSince.LastEvent, Hour, "conversion"),
        new AgeFeature("first", AgeSince.FirstEvent, Hour),
        new CooccurrenceFeature("next", "click", 3 * Hour) { Span = 3, Symmetric = true },
    ]);

    internal static readonly FeatureOptions Options = new() { MaxRecentItems = 5 };

    internal static FeatureSnapshotFault Refused(Func<object> load) => Assert.Throws<FeatureSnapshotException>(load).Fault;

    internal static MemorySubjectKeys KeysOf(StoredFact[] facts)
    {
        var keys = new MemorySubjectKeys();
        foreach (var subject in facts.Select(fact => fact.Fact.Subject).OfType<string>().Append("z"))
        {
            _ = keys.Read("default", subject, new byte[32]);
        }

        return keys;
    }

    internal static FeatureFolder Folded(StoredFact[] facts, ISubjectKeys keys, FeatureOptions? options = null)
    {
        var folder = new FeatureFolder(Set, options ?? Options, keys);
        Array.ForEach(facts, fact => folder.Apply(fact));
        return folder;
    }

    internal static MemoryStream Written(FolderImage image)
    {
        var file = new MemoryStream();
        image.Write(file);
        return file;
    }

    internal static FeatureFolder Loaded(MemoryStream file, ISubjectKeys keys)
    {
        var folder = new FeatureFolder(Set, Options, keys);
        folder.Adopt(FolderLoader.Load(file, Set, Options, keys));
        return folder;
    }

    internal static FeatureFolder Copy(FeatureFolder folder, ISubjectKeys keys) => Loaded(Written(folder.Image()), keys);

    internal static string TextOf(FeatureFolder folder, StoredFact[] facts) => string.Join('\n', folder.Freeze(facts.Max(stored => stored.Fact.Received)).Canonical());
}
