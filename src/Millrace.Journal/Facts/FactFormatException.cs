namespace Millrace.Journal.Facts;

/// <summary>Bytes that are no fact: the record's checksum may hold, but its fields make no sense.</summary>
public sealed class FactFormatException(string message) : JournalException(message);
