namespace Millrace.Journal.Facts.Codec;

/// <summary>
/// How long a field's value is, so that a reader can pass over fields it does not know. The numbers are Protocol Buffers', but for
/// <see cref="Fixed128"/>, which takes the place of the groups it gave up.
/// </summary>
internal enum WireType
{
    Varint = 0,
    Fixed64 = 1,
    Bytes = 2,
    Fixed128 = 3,
    Fixed32 = 5,
}
