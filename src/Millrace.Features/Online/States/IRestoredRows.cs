namespace Millrace.Features.Online;

/// <summary>A state that looks at each row which a snapshot holds, while it is at hand.</summary>
internal interface IRestoredRows
{
    /// <summary>Checks what stands in a row, and fills what follows from it.</summary>
    /// <param name="row">The row as the snapshot has it, to write.</param>
    /// <returns>Whether folding could have left it so.</returns>
    bool Restore(Span<long> row);
}
