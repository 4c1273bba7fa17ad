using System.Collections.Concurrent;
using Millrace.Soak.Content;

namespace Millrace.Soak.Origin;

/// <summary>Every answer of the origin's by serial number, and when it failed.</summary>
internal sealed class OriginLog(RunClock clock, FaultPlan plan, int objects)
{
    private readonly ConcurrentDictionary<long, OriginRecord> _records = new();
    private readonly ConcurrentDictionary<(int Object, int Variant, long Version, long Second), (double First, double Last)> _vouched = new();
    private readonly List<double>[] _faults = [.. Enumerable.Range(0, objects).Select(static _ => new List<double>())];
    private readonly ConcurrentDictionary<(int Object, int Variant), int> _inHand = new();
    private readonly int[] _requests = new int[objects];
    private readonly int[] _mostInHand = new int[objects];
    private readonly long[] _kinds = new long[Enum.GetValues<OriginFaultKind>().Length];
    /// <summary>Requests that began in a storm may hang for so long.</summary>
    private const double StormIsFelt = 8_000;

    private long _serial;
    private long _bytes;

    public long Requests => Interlocked.Read(ref _serial);

    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>GETs of the whole, by object.</summary>
    public IReadOnlyList<int> WholeRequests => _requests;

    /// <summary>The most requests for one variant of an object at once, in calm weather.</summary>
    public IReadOnlyList<int> MostInHand => _mostInHand;

    public string FaultsDealt => string.Join(", ", Enum.GetValues<OriginFaultKind>().Select(kind => $"{kind.ToString().ToLowerInvariant()} {_kinds[(int)kind]}"));

    public long NextSerial() => Interlocked.Increment(ref _serial);

    public OriginRecord? Find(long serial) => _records.GetValueOrDefault(serial);

    /// <summary>When the origin, in the second of a Date, sent a version or said that it is unchanged; null if it did not.</summary>
    public (double First, double Last)? VouchedFor(SoakObject item, int variant, long version, DateTimeOffset date) =>
        _vouched.TryGetValue((item.Id, variant, version, SecondOf(date)), out var when) ? when : null;

    public void Sent(long bytes) => Interlocked.Add(ref _bytes, bytes);

    public void Began(long serial, OriginRecord record)
    {
        _records[serial] = record;
        Interlocked.Increment(ref _kinds[(int)record.Fault]);
        if (record.Fault > OriginFaultKind.Trailing)
        {
            lock (_faults[record.Object.Id])
            {
                _faults[record.Object.Id].Add(record.Arrived);
            }
        }

        if (record.Fault is not (OriginFaultKind.Refuse or OriginFaultKind.Hang or OriginFaultKind.Status))
        {
            _vouched.AddOrUpdate(
                (record.Object.Id, record.Variant, record.Version, SecondOf(clock.AtUtc(record.Arrived))), (record.Arrived, record.Arrived), (_, earlier) => (earlier.First, record.Arrived));
        }

        if (!record.IsPart)
        {
            Interlocked.Increment(ref _requests[record.Object.Id]);
            var now = _inHand.AddOrUpdate((record.Object.Id, record.Variant), 1, static (_, n) => n + 1);
            if (!plan.IsStorm(record.Arrived) && !plan.IsStorm(record.Arrived - StormIsFelt) && !plan.IsStorm(record.Arrived - (StormIsFelt / 2)))
            {
                _mostInHand[record.Object.Id] = Math.Max(_mostInHand[record.Object.Id], now);
            }
        }
    }

    public void Ended(OriginRecord record)
    {
        if (!record.IsPart)
        {
            _inHand.AddOrUpdate((record.Object.Id, record.Variant), 0, static (_, n) => n - 1);
        }
    }

    public int FailuresOf(SoakObject item)
    {
        lock (_faults[item.Id])
        {
            return _faults[item.Id].Count;
        }
    }

    /// <summary>Whether the origin failed for an object between two moments.</summary>
    public bool FailedBetween(SoakObject item, double from, double to)
    {
        lock (_faults[item.Id])
        {
            return _faults[item.Id].Exists(at => at >= from && at <= to);
        }
    }

    private static long SecondOf(DateTimeOffset time) => time.ToUnixTimeSeconds();
}
