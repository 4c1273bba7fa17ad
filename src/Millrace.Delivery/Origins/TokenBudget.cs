namespace Millrace.Delivery.Origins;

/// <summary>A bucket that each request puts a share of a token into and each extra request takes a whole one from: extra load stays a share of the load.</summary>
internal sealed class TokenBudget(double share, int burst)
{
    private const long Token = 1_000_000;

    private readonly long _share = (long)(share * Token);
    private readonly long _full = burst * Token;
    private long _left = burst * Token;
    private long _taken;
    private long _refused;

    /// <summary>Whole tokens left.</summary>
    public double Left => (double)Interlocked.Read(ref _left) / Token;

    public long Taken => Interlocked.Read(ref _taken);

    /// <summary>Times that none was left.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    public void Deposit()
    {
        if (Interlocked.Add(ref _left, _share) > _full)
        {
            Interlocked.Add(ref _left, -_share);
        }
    }

    public bool TryTake()
    {
        if (Interlocked.Add(ref _left, -Token) >= 0)
        {
            Interlocked.Increment(ref _taken);
            return true;
        }

        Interlocked.Add(ref _left, Token);
        Interlocked.Increment(ref _refused);
        return false;
    }
}
