namespace Millrace.Journal;

/// <summary>One look for keys that no stored fact needs any more. One thread calls it.</summary>
public interface ISubjectKeySweep
{
    /// <summary>Says that a stored fact is sealed with this key.</summary>
    void Keep(long id);

    /// <summary>
    /// Destroys every key that was not kept, and was not used since the round of use before this look (<see cref="ISubjectKeys.BeginRound"/>).
    /// </summary>
    /// <returns>How many keys are gone.</returns>
    /// <exception cref="JournalException">The disk refused; what is not gone goes with the next look.</exception>
    int Retire();
}
