namespace Millrace.Decisions.Candidates.Vectors;

/// <summary>Hoare's selection with the median of three.</summary>
internal static class Selection
{
    /// <summary>Moves the <paramref name="count"/> largest to the front, in no order.</summary>
    internal static void MoveLargest(Span<ulong> values, int count)
    {
        while (count > 0 && count < values.Length)
        {
            ulong pivot = MedianOfThree(values);
            int left = 0;
            int right = values.Length - 1;
            while (left <= right)
            {
                while (values[left] > pivot) left++;
                while (values[right] < pivot) right--;
                if (left > right) break;
                (values[left], values[right]) = (values[right], values[left]);
                left++;
                right--;
            }

            if (count <= right + 1) values = values[..(right + 1)];
            else if (count > left)
            {
                values = values[left..];
                count -= left;
            }
            else return;
        }
    }

    private static ulong MedianOfThree(ReadOnlySpan<ulong> values)
    {
        ulong a = values[0];
        ulong b = values[values.Length / 2];
        ulong c = values[^1];
        return Math.Max(Math.Min(a, b), Math.Min(Math.Max(a, b), c));
    }
}
