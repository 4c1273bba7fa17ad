namespace Millrace.Learning.Training;

/// <summary>Examples or settings that no model can be made of; the message says why.</summary>
internal sealed class TrainingException(string message) : InvalidOperationException(message);
