namespace Millrace.Node.Configuration;

/// <summary>Where a value was written: a place in a file, or the variable or flag that gave it.</summary>
/// <param name="Source">The file's name, an environment variable, or a flag.</param>
/// <param name="Line">1-based; 0 when the source has no lines.</param>
/// <param name="Column">1-based; 0 when the source has no lines.</param>
internal readonly record struct ConfigMark(string Source, int Line, int Column)
{
    public override string ToString() => Line > 0 ? $"{Source}:{Line}:{Column}" : Source;
}
