namespace Millrace.Soak.Clients;

/// <summary>The server broke off, or broke the protocol.</summary>
internal sealed class ExchangeException(string message) : Exception(message);
