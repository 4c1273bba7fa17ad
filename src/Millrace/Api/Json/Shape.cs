using System.Text.Json;
using System.Text.Json.Nodes;

namespace Millrace.Api.Json;

/// <summary>
/// A declaration of what a JSON value must be. It reads and validates in one pass over the bytes, and describes itself as a JSON Schema, so that
/// what the OpenAPI document promises and what the node accepts cannot differ.
/// </summary>
/// <typeparam name="T">What it reads.</typeparam>
internal abstract class Shape<T>
{
    /// <summary>Reads the value under the reader and leaves the reader on the value's last token, whether it fits or not.</summary>
    /// <returns>False when it does not fit: the faults say why.</returns>
    public abstract bool TryRead(ref Utf8JsonReader reader, Reading at, out T value);

    /// <summary>The JSON Schema (2020-12) of the value; named objects are put into <paramref name="components"/> and referred to.</summary>
    public abstract JsonObject Describe(SortedDictionary<string, JsonNode> components);
}
