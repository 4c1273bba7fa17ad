namespace Millrace.Node;

/// <summary>A key as it is kept: never the secret, only its hash.</summary>
/// <param name="Id">Eight characters; also the beginning of the secret, so that a log may name a key.</param>
/// <param name="Scope">What it allows.</param>
/// <param name="Tenant">The namespace that its holder acts in.</param>
/// <param name="Hash">SHA-256 of the secret, base64. A slow hash is for passwords; these secrets have 256 random bits.</param>
/// <param name="Created">When it was made.</param>
internal sealed record AccessKey(string Id, KeyScope Scope, string Tenant, string Hash, DateTimeOffset Created);
