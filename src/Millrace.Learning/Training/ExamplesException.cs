namespace Millrace.Learning.Training;

/// <summary>Rows and labels make no examples; the message says why, and what helps.</summary>
internal sealed class ExamplesException(string message) : IOException(message);
