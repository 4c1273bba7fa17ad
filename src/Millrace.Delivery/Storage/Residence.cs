namespace Millrace.Delivery.Storage;

/// <summary>
/// Whose account some bytes are in: the store's while any of its nodes has them, else that of what arrives and lingers while anybody reads them. The heads
/// that one body has had (a 304 makes a new one) share it, so that its bytes are counted once however many of them are read.
/// </summary>
internal sealed class Residence(MemoryAccount account)
{
    private const long OneReader = 1L << 32;

    // The lower half: nodes in the store; the upper: readers. One word, so that the bytes are in exactly one account whatever races.
    private long _state;

    /// <summary>How many bytes; settled before anybody holds or stores them.</summary>
    public long Bytes { get; set; }

    public void Hold() => Change(OneReader);

    public void LetGo() => Change(-OneReader);

    public void Enter() => Change(1);

    public void Leave() => Change(-1);

    private void Change(long by)
    {
        var now = Interlocked.Add(ref _state, by);
        switch (Lingers(now - by), Lingers(now))
        {
            case (false, true):
                account.Take(Bytes);
                break;
            case (true, false):
                account.Return(Bytes);
                break;
        }
    }

    private static bool Lingers(long state) => state >= OneReader && (state & (OneReader - 1)) == 0;
}
