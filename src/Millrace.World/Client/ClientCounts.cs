namespace Millrace.World.Client;

/// <summary>What the client met, since it was made.</summary>
/// <param name="Requests">Attempts sent.</param>
/// <param name="Retries">Attempts after the first.</param>
/// <param name="Refused">Answers 4xx other than 429: the world and the API disagree.</param>
/// <param name="Failed">Requests given up: no answer, 5xx or 429 to the end.</param>
/// <param name="TimedOut">Requests given up at their deadline.</param>
/// <param name="NoTurn">Requests given up because too many were waiting.</param>
/// <param name="LastFault">What the last refusal or failure said; null when there was none.</param>
public sealed record ClientCounts(long Requests, long Retries, long Refused, long Failed, long TimedOut, long NoTurn, string? LastFault);
