namespace Millrace.Learning.Training.Calibration;

/// <summary>Least squares under order, by pooling adjacent violators: O(n log n), exact.</summary>
internal static class IsotonicFit
{
    internal static IsotonicCalibrator Of(IEnumerable<Scored> scored)
    {
        var blocks = new List<(double From, double To, double Sum, double Weight)>();
        foreach (var same in scored.Where(one => one.Weight > 0).OrderBy(one => one.Probability).GroupBy(one => one.Probability))
        {
            var block = (From: same.Key, To: same.Key, Sum: same.Sum(one => one.Label * one.Weight), Weight: same.Sum(one => one.Weight));
            while (blocks.Count > 0 && blocks[^1].Sum / blocks[^1].Weight >= block.Sum / block.Weight)
            {
                block = (blocks[^1].From, block.To, blocks[^1].Sum + block.Sum, blocks[^1].Weight + block.Weight);
                blocks.RemoveAt(blocks.Count - 1);
            }

            blocks.Add(block);
        }

        var ends = blocks.SelectMany(block => block.From == block.To
            ? ((double At, double Says)[])[(block.From, block.Sum / block.Weight)]
            : [(block.From, block.Sum / block.Weight), (block.To, block.Sum / block.Weight)]).ToArray();
        return new IsotonicCalibrator([.. ends.Select(end => end.At)], [.. ends.Select(end => end.Says)]);
    }
}
