namespace Millrace.Learning.Training.LightGbm;

/// <summary>LightGBM's library refused a call; the message is its own.</summary>
internal sealed class LightGbmException(string message) : InvalidOperationException($"LightGBM: {message}");
