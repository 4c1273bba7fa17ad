using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Millrace.Models.Manifest;

/// <summary>
/// A manifest with its signature in a DSSE envelope (github.com/secure-systems-lab/dsse, version 1), which in-toto and Sigstore verify too. Exactly the bytes that <see cref="ToBytes"/> writes are an envelope:
/// other white space, another order or loose base64 are none, so that no two files say the same.
/// </summary>
/// <param name="Payload">The manifest's bytes.</param>
/// <param name="KeyId">Names the key.</param>
/// <param name="Signature">ECDSA over <see cref="ToBeSigned"/>, in DER.</param>
public sealed record SignedManifest(ReadOnlyMemory<byte> Payload, string KeyId, ReadOnlyMemory<byte> Signature)
{
    public const string PayloadType = "application/vnd.millrace.model+json";

    /// <summary>Of an envelope: twenty times what one of 1,000 features has.</summary>
    public const int MostBytes = 1 << 20;

    /// <summary>DSSE's pre-authentication encoding: the type is signed with the payload, each behind its length.</summary>
    public static byte[] ToBeSigned(ReadOnlySpan<byte> payload)
    {
        string head = string.Create(CultureInfo.InvariantCulture, $"DSSEv1 {PayloadType.Length} {PayloadType} {payload.Length} ");
        return [.. Encoding.ASCII.GetBytes(head), .. payload];
    }

    public byte[] ToBytes()
    {
        var written = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(written))
        {
            json.WriteStartObject();
            json.WriteString("payloadType", PayloadType);
            json.WriteBase64String("payload", Payload.Span);
            json.WriteStartArray("signatures");
            json.WriteStartObject();
            json.WriteString("keyid", KeyId);
            json.WriteBase64String("sig", Signature.Span);
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return written.WrittenSpan.ToArray();
    }

    /// <summary>The envelope of the bytes; null when they are none.</summary>
    public static SignedManifest? Read(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length > MostBytes) return null;
        try
        {
            using var json = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = 4 });
            JsonElement signature = json.RootElement.GetProperty("signatures")[0];
            var read = new SignedManifest(
                json.RootElement.GetProperty("payload").GetBytesFromBase64(),
                signature.GetProperty("keyid").GetString() ?? "",
                signature.GetProperty("sig").GetBytesFromBase64());
            return read.ToBytes().AsSpan().SequenceEqual(bytes.Span) ? read : null;
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or FormatException or KeyNotFoundException or IndexOutOfRangeException or ArgumentException)
        {
            return null;
        }
    }
}
