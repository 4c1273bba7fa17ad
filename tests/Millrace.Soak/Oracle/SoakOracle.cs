using System.Collections.Concurrent;
using System.Globalization;
using Millrace.Soak.Clients;
using Millrace.Soak.Content;
using Millrace.Soak.Fleet;

namespace Millrace.Soak.Oracle;

/// <summary>Knows what may be served: holds each answer against the origin's own record, the rules of its freshness, and the purges that were acknowledged.</summary>
internal sealed class SoakOracle(SoakFleet fleet, PurgeBook purges, Violations violations)
{
    /// <summary>What the clocks of processes on a busy machine, and dates in whole seconds, may be apart.</summary>
    private const double Slack = 1_500;

    /// <summary>How long a failure of the origin's is felt: its own time bounds, the memo of it, the breaker.</summary>
    private const double Felt = 12_000;

    /// <summary>A reload that was signalled is in force by then.</summary>
    private const double ReloadTakes = 10_000;

    /// <summary>cache.slice by default.</summary>
    private const long SliceBytes = 1 << 20;

    private readonly ConcurrentDictionary<long, string> _own = new();
    private readonly ConcurrentQueue<(double At, int Generation)> _reloads = new();

    public void Reloaded(double at, int generation) => _reloads.Enqueue((at, generation));

    public void Check(Asked asked, Answer answer)
    {
        if (answer.BodyFault is { } fault)
        {
            Found("body", fault);
        }

        if (answer.Status == 0 || (!answer.IsWhole && !answer.Left))
        {
            CheckBroken();
            return;
        }

        if (answer.Status >= 400)
        {
            CheckError();
            return;
        }

        if (BodyReader.VersionOf(answer) is not { } label || VouchedFor(label) is not { } vouched)
        {
            Found("head", "the origin never said so at that date");
            return;
        }

        CheckHead(label);
        CheckFreshness(vouched.Last);
        CheckPurges(vouched.Last, label.Version);
        CheckAge(vouched);
        CheckCacheStatus(vouched);
        if (answer.Status != 304)
        {
            CheckReload(vouched.Last);
        }

        if (asked.Object.IsOwn)
        {
            CheckOwn(label.Version);
        }

        void Found(string kind, string what) => violations.Add(kind, $"{what}\n      {asked}\n      {answer}");

        // An exchange that broke is the node's end, or the origin's failure within a body.
        void CheckBroken()
        {
            if (!asked.Edge.WasAwayBetween(answer.Sent - 500, answer.Ended + 500) && !fleet.Shields.Any(shield => shield.WasKilledBetween(answer.Sent - Felt, answer.Ended))
                && !OriginFailed(answer.Sent - Felt, answer.Ended) && !ChangedBetweenSlices())
            {
                Found("broken", $"nothing explains that the exchange broke: {answer.Broke}");
            }
        }

        // A large body is fetched in slices; when its next is another version's, the answer can only end.
        bool ChangedBetweenSlices() => asked.Object.BytesOf(0) > SliceBytes && BodyReader.VersionOf(answer) is { } label && label.Version < asked.Object.VersionAt(answer.Ended);

        void CheckError()
        {
            if (answer.Status < 500)
            {
                Found("status", "nobody made such a request");
            }
            else if (!OriginFailed(answer.Sent - Felt, answer.Ended))
            {
                Found("status", "the origin was well");
            }
        }

        // Its record, or a member that went away with this object's request in hand.
        bool OriginFailed(double from, double to) => fleet.Log.FailedBetween(asked.Object, from, to) || fleet.HadOutageBetween(from, to);

        // A 304 makes a copy good anew and gives it the 304's Date; the serial number stays that of the answer whose body it is.
        (double First, double Last)? VouchedFor((int Object, int Variant, long Version) label) =>
            asked.Object.IsOwn ? fleet.Log.Find(label.Version) is { } own ? (own.Arrived, own.Arrived) : null
            : DateTimeOffset.TryParseExact(answer["Date"], "R", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)
                ? fleet.Log.VouchedFor(asked.Object, label.Variant, label.Version, date) : null;

        void CheckHead((int Object, int Variant, long Version) label)
        {
            var item = asked.Object;
            if (label.Object != item.Id)
            {
                Found("head", "another object's");
            }

            if (long.TryParse(answer["X-Serial"], out var serial) && (fleet.Log.Find(serial) is not { } record || record.Object != item || record.Variant != label.Variant
                || (item.IsOwn ? serial : record.Version) != label.Version))
            {
                Found("head", "two answers in one head");
            }

            if (item.Kind == ContentKind.Language && label.Variant != asked.Language)
            {
                Found("variant", $"{SoakObject.Languages[label.Variant]} for {SoakObject.Languages[asked.Language]}");
            }

            if (answer["ETag"] is { } tag && !tag.Contains($"o{item.Id}-v{label.Version}-{label.Variant}", StringComparison.Ordinal))
            {
                Found("head", "the tag is another version's");
            }

            if (answer.Status == 304 && asked.Tag is null)
            {
                Found("status", "304 without a condition");
            }

            if (answer.Status == 304 && answer["ETag"] is { } held && held.Replace("W/", "", StringComparison.Ordinal) != asked.Tag!.Replace("W/", "", StringComparison.Ordinal))
            {
                Found("condition", "304 for another tag");
            }

            if (answer.Status == 206 && (BodyReader.RangeOf(answer) is not { } range || range.From != asked.Range?.From
                || range.Length != item.BytesOf(label.Version) || range.To != Math.Min(asked.Range.Value.To ?? long.MaxValue, range.Length - 1)))
            {
                Found("range", "not the range that was asked for");
            }

            if (!item.IsOwn && answer["Set-Cookie"] is not null)
            {
                Found("cookie", "a cookie of another object's");
            }
        }

        void CheckFreshness(double vouched)
        {
            var age = (answer.Sent - vouched) / 1_000;
            var (fresh, failing) = (asked.Object.FreshSeconds, asked.Object.ErrorSeconds);
            var allowed = age > fresh && OriginFailed(Math.Max(vouched, answer.Sent - Felt), answer.Ended) ? Math.Max(fresh, failing) : fresh;
            if (!asked.Object.IsOwn && age > allowed + (Slack / 1_000))
            {
                Found("stale", string.Create(CultureInfo.InvariantCulture, $"{age:F1} s after it was good, where {allowed:F0} are allowed ({asked.Object.CacheControl}, {asked.Object.Host.Contract})"));
            }
        }

        void CheckPurges(double vouched, long version)
        {
            if (purges.Last(asked.Object, answer.Sent, isSoft: false) is { } hard && vouched < hard.Sent)
            {
                Found("purge", string.Create(CultureInfo.InvariantCulture, $"from before {hard.What} (sent {hard.Sent:F0}, acknowledged {hard.Acknowledged:F0}): fetched at {vouched:F0}, version {version}"));
            }

            if (asked.Object.Host.PastSeconds == 0 && purges.Last(asked.Object, answer.Sent, isSoft: true) is { } soft && vouched < soft.Sent)
            {
                Found("purge", string.Create(CultureInfo.InvariantCulture, $"stale since soft {soft.What} (sent {soft.Sent:F0}, acknowledged {soft.Acknowledged:F0}) on a strict route: fetched at {vouched:F0}, version {version}"));
            }
        }

        void CheckAge((double First, double Last) vouched)
        {
            var age = answer["Age"] is { } text && long.TryParse(text, out var said) ? said : 0;
            var (least, most) = ((answer.Sent - vouched.Last) / 1_000, (answer.HeadCame - vouched.First) / 1_000);
            if (age + 1 < Math.Floor(least) || age > Math.Ceiling(most) + 2)
            {
                Found("age", string.Create(CultureInfo.InvariantCulture, $"Age {age} where it is {least:F1} to {most:F1}"));
            }
        }

        void CheckCacheStatus((double First, double Last) vouched)
        {
            var members = CacheStatusField.Parse(answer["Cache-Status"]);
            if (answer.Status == 304)
            {
                // It leaves out what the caches before the edge did.
                return;
            }

            if (members is not [.., var own] || own.Name != asked.Edge.Site.Name)
            {
                Found("cache-status", "the edge says nothing");
            }
            else if (own.Hit && vouched.First > answer.HeadCame)
            {
                Found("cache-status", "a hit on what came later");
            }
            else if (members.All(static member => !member.Hit && !member.Collapsed && member.Forward is "miss" or "bypass" or "method") && vouched.Last < answer.Sent - 5
                && own.Detail is null)
            {
                Found("cache-status", "a miss all the way, and yet an answer of before");
            }
            // Fresh when it was judged; on a busy machine a second may pass before the head is written.
            else if (own is { Hit: true, TimeToLive: < -2, Detail: null })
            {
                Found("cache-status", "a hit on what is stale, for no reason");
            }
        }

        void CheckOwn(long serial)
        {
            var mine = $"{asked} {answer}";
            if (!_own.TryAdd(serial, mine))
            {
                Found("own", $"somebody else's: {_own[serial]}");
            }

            if (asked.Object.Kind == ContentKind.Cookie && answer["Set-Cookie"] is { } cookie && cookie != $"s={serial}")
            {
                Found("cookie", "another answer's cookie");
            }
        }

        // Changes of a response's fields hold from the next fetch or validation on (decision 0017).
        void CheckReload(double vouched)
        {
            var least = _reloads.Where(reload => reload.At < vouched - ReloadTakes).Select(static reload => reload.Generation).DefaultIfEmpty(0).Max();
            if (!int.TryParse(answer["X-Generation"], out var generation) || generation < least)
            {
                Found("reload", $"answered by generation {answer["X-Generation"]} where {least} is in force");
            }
        }
    }
}
