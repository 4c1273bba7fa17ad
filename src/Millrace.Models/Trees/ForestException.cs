namespace Millrace.Models.Trees;

/// <summary>A model file that is not what its reader takes, or that does not fit where it is used.</summary>
/// <param name="message">Where, what was expected, what was got.</param>
public sealed class ForestException(string message) : Exception(message);
