using System.Runtime.InteropServices;
using Millrace.Journal;
using Millrace.Models.Policies;

namespace Millrace.Decisions.Reranking;

/// <summary>Turns values of attributes into the numbers that the sampler counts by.</summary>
internal static class SlateGroups
{
    /// <summary>Numbers the first value of each candidate; −1 for none.</summary>
    /// <param name="values">By candidate.</param>
    /// <param name="numbers">Cleared here.</param>
    /// <param name="groups">Where number i × <paramref name="stride"/> goes.</param>
    /// <param name="stride">From one candidate to the next.</param>
    /// <returns>How many groups there are.</returns>
    internal static int Number(ReadOnlySpan<string> values, Dictionary<string, int> numbers, Span<int> groups, int stride)
    {
        numbers.Clear();
        var byText = numbers.GetAlternateLookup<ReadOnlySpan<char>>();
        for (int i = 0; i < values.Length; i++)
        {
            ReadOnlySpan<char> value = values[i];
            int end = value.IndexOf(SlateInputs.Separator);
            if (end >= 0) value = value[..end];
            if (value.Length == 0)
            {
                groups[i * stride] = -1;
                continue;
            }

            ref int number = ref CollectionsMarshal.GetValueRefOrAddDefault(byText, value, out bool known);
            if (!known) number = numbers.Count - 1;
            groups[i * stride] = number;
        }

        return numbers.Count;
    }

    /// <summary>Sets bit <paramref name="bit"/> of each candidate that serves <paramref name="quota"/>.</summary>
    internal static void Mark(Quota quota, int bit, SlateInputs inputs, Span<byte> masks)
    {
        byte mask = (byte)(1 << bit);
        if (quota.Fresh is { } fresh)
        {
            long most = fresh.Ticks / TimeSpan.TicksPerMicrosecond;
            ReadOnlySpan<long> ages = inputs.Ages;
            for (int i = 0; i < ages.Length; i++)
            {
                if (ages[i] >= 0 && ages[i] <= most) masks[i] |= mask;
            }

            return;
        }

        ReadOnlySpan<string> values = inputs.Attribute(quota.Attribute!);
        for (int i = 0; i < values.Length; i++)
        {
            if (Holds(values[i], quota.Value)) masks[i] |= mask;
        }
    }

    private static bool Holds(ReadOnlySpan<char> values, ReadOnlySpan<char> wanted)
    {
        while (true)
        {
            int end = values.IndexOf(SlateInputs.Separator);
            if ((end < 0 ? values : values[..end]).SequenceEqual(wanted)) return true;
            if (end < 0) return false;
            values = values[(end + 1)..];
        }
    }
}
