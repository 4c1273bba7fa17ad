namespace Millrace.Journal.Facts;

/// <summary>
/// A fact of a type that a later release wrote. A reader of this release may pass over it knowingly; it cannot be appended again,
/// for this release does not know whom it concerns.
/// </summary>
/// <param name="Number">The type's number as it stands in the record.</param>
/// <param name="Origin">The stream in which it was found.</param>
public sealed record UnrecognisedFact(int Number, JournalStream Origin) : Fact
{
    public override FactType Type => (FactType)Number;

    public override JournalStream Stream => Origin;

    public override string PartitionKey => Id;
}
