namespace Millrace.Delivery.Storage;

/// <summary>A reader of a window was too slow for the others, who have gone on without it: it can get the rest by itself.</summary>
internal sealed class LeftBehindException : Exception;
