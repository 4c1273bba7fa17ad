using System.Globalization;
using System.Runtime.InteropServices;
using Millrace.Features.Definitions;
using Millrace.Journal.Facts;

namespace Millrace.Features.Online;

/// <summary>Counts of a person's events, and the sums of their values, within a window.</summary>
/// <param name="Of">Whose.</param>
/// <param name="Event">The event.</param>
/// <param name="Window">How far back.</param>
/// <param name="Unit">The unit of the values that are summed; null counts the events only.</param>
internal sealed record PersonBucketsKey(PersonEntity Of, string Event, TimeSpan Window, string? Unit = null) : PersonKey
{
    internal const int Buckets = 24;

    internal override PersonEntity Of { get; } = Of;

    internal override TimeSpan Reach => Window;

    /// <summary>Of one bucket, µs.</summary>
    internal long Width => Math.Max(1, Window.Ticks / TimeSpan.TicksPerMicrosecond / Buckets);

    internal override bool Takes(Observed observed) => EventAmount.IsOf(Unit, observed);

    internal override PersonState Create() => new PersonBuckets(this);
}

/// <summary>What happened within one bucket of a window.</summary>
/// <param name="Number">Its number: time by width.</param>
/// <param name="Count">How many events.</param>
/// <param name="Low">The lower 64 bits of what they add up to.</param>
/// <param name="High">The upper 32: no two thousand million events leave 96 bits.</param>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal readonly record struct PersonBucket(long Number, int Count, ulong Low, int High)
{
    internal PersonBucket(long number, int count, Int128 amount)
        : this(number, count, (ulong)amount, (int)(amount >> 64))
    {
    }

    /// <summary>What they add up to.</summary>
    internal Int128 Amount => new((ulong)High, Low);
}

/// <summary>Buckets of a window that ends with the person's newest event, newest first, without empty ones: sums, which do not depend on order.</summary>
internal sealed class PersonBuckets(PersonBucketsKey key) : PersonState
{
    private const int Entry = 24;

    private readonly long _width = key.Width;

    /// <summary>What lies within the window that ends at <paramref name="time"/>, Unix µs.</summary>
    internal static (long Count, Int128 Amount) Read(ReadOnlySpan<byte> section, PersonBucketsKey key, long time)
    {
        var end = time / key.Width;
        var (count, amount) = (0L, Int128.Zero);
        foreach (ref readonly var bucket in MemoryMarshal.Cast<byte, PersonBucket>(section))
        {
            if (bucket.Number <= end && bucket.Number > end - PersonBucketsKey.Buckets)
            {
                (count, amount) = (count + bucket.Count, amount + bucket.Amount);
            }
        }

        return (count, amount);
    }

    internal override bool Wants(string @event) => @event == key.Event;

    internal override void Apply(in FoldedEvent folded, SectionEditor section)
    {
        if (EventAmount.Micros(key.Unit, folded) is not { } amount)
        {
            return;
        }

        var number = folded.Time / _width;
        var buckets = MemoryMarshal.Cast<byte, PersonBucket>(section.Bytes);
        var newest = buckets.Length == 0 ? number : Math.Max(number, buckets[0].Number);
        if (number <= newest - PersonBucketsKey.Buckets)
        {
            return;
        }

        var kept = buckets.Length;
        while (kept > 0 && buckets[kept - 1].Number <= newest - PersonBucketsKey.Buckets)
        {
            kept--;
        }

        var at = 0;
        while (at < kept && buckets[at].Number > number)
        {
            at++;
        }

        if (at < kept && buckets[at].Number == number)
        {
            var before = buckets[at];
            buckets[at] = new PersonBucket(number, (int)Math.Min(int.MaxValue, before.Count + 1L), before.Amount + amount);
            return;
        }

        buckets = MemoryMarshal.Cast<byte, PersonBucket>(section.Resize((kept + 1) * Entry));
        buckets[at..kept].CopyTo(buckets[(at + 1)..]);
        buckets[at] = new PersonBucket(number, 1, (Int128)amount);
    }

    internal override string Describe(ReadOnlySpan<byte> section)
    {
        var texts = new List<string>();
        foreach (var bucket in MemoryMarshal.Cast<byte, PersonBucket>(section))
        {
            texts.Add(string.Create(CultureInfo.InvariantCulture, $"{bucket.Number}:{bucket.Count}:{bucket.Amount}"));
        }

        return string.Join(' ', texts);
    }
}
