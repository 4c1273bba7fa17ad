using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace Millrace.Api;

/// <summary>A 128-bit hash (XxHash128) of a list of values, each led by its length, so that no two lists make the same bytes.</summary>
internal sealed class ContentHash
{
    private readonly XxHash128 _hash = new();

    public static UInt128 Of(params ReadOnlySpan<string?> texts)
    {
        var hash = new ContentHash();
        foreach (var text in texts)
        {
            hash.Add(text);
        }

        return hash.Value;
    }

    public UInt128 Value => _hash.GetCurrentHashAsUInt128();

    public ContentHash Add(string? text)
    {
        Add(text is null ? -1 : text.Length);
        _hash.Append(MemoryMarshal.AsBytes((text ?? "").AsSpan()));
        return this;
    }

    public ContentHash Add(long? number)
    {
        Span<long> bytes = [number is null ? 0 : 1, number ?? 0];
        _hash.Append(MemoryMarshal.AsBytes(bytes));
        return this;
    }
}
