namespace Millrace.Models.Registry;

/// <summary>A version as a registry keeps it. What it says of itself stands in the envelope, and counts only once that is verified.</summary>
/// <param name="Name">The model's.</param>
/// <param name="Version">From 1 on.</param>
/// <param name="Digest">Names the file on the shelf.</param>
/// <param name="Envelope">The signed manifest.</param>
public sealed record RegisteredModel(string Name, int Version, string Digest, ReadOnlyMemory<byte> Envelope)
{
    public override string ToString() => $"{Name}@{Version}";
}
