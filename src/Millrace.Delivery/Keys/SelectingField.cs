using System.Text;
using Millrace.Delivery.Requests;

namespace Millrace.Delivery.Keys;

/// <summary>How the values of a request field are compared when Vary names it.</summary>
internal enum SelectingForm : byte
{
    /// <summary>As they stand.</summary>
    Exact,

    /// <summary>As lists: white space around members and empty members do not count.</summary>
    List,

    /// <summary>As weighted preferences: neither do case, and order among equal weights.</summary>
    Preferences,
}

/// <summary>
/// The normal form of a request field's value (RFC 9111 §4.1): what the field's syntax calls the same gives the same bytes. Lines are combined, which
/// holds for every field; the rest follows the field's <see cref="SelectingForm"/>.
/// </summary>
internal static class SelectingField
{
    /// <summary>Preferences beyond this are compared as a list: sorting is not for whoever sends thousands.</summary>
    private const int MaxPreferences = 32;

    /// <summary>The form of a field, by its name in lower case.</summary>
    public static SelectingForm FormOf(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("accept-encoding"u8) || name.SequenceEqual("accept-language"u8) || name.SequenceEqual("accept-charset"u8) ? SelectingForm.Preferences
        : name.SequenceEqual("cookie"u8) || name.SequenceEqual("authorization"u8) || name.SequenceEqual("user-agent"u8) || name.SequenceEqual("referer"u8)
            || name.SequenceEqual("from"u8) || name.SequenceEqual("host"u8) ? SelectingForm.Exact
        : SelectingForm.List;

    /// <summary>Room that is enough for the normal form of a field.</summary>
    public static int RoomFor(HeaderList request, FieldId id, ReadOnlySpan<byte> name)
    {
        var room = 0;
        foreach (var line in request)
        {
            room += Is(line, id, name) ? line.Value.Length + 2 : 0;
        }

        return room;
    }

    /// <summary>Writes the normal form; -1 when the request lacks the field. Allocates nothing.</summary>
    /// <param name="request">The request's fields.</param>
    /// <param name="id">The field.</param>
    /// <param name="name">Its name in lower case, for fields without an id.</param>
    /// <param name="into">At least <see cref="RoomFor"/>.</param>
    public static int Write(HeaderList request, FieldId id, ReadOnlySpan<byte> name, Span<byte> into)
    {
        var form = FormOf(name);
        var (written, lines) = (0, 0);
        foreach (var line in request)
        {
            if (Is(line, id, name))
            {
                if (lines++ > 0)
                {
                    into[written++] = (byte)',';
                }

                line.Value.CopyTo(into[written..]);
                written += line.Value.Length;
            }
        }

        var value = into[..written];
        return lines == 0 ? -1
            : form == SelectingForm.Exact ? written
            : form == SelectingForm.Preferences && SortPreferences(value) is >= 0 and var length ? length
            : Compact(value);
    }

    private static bool Is(FieldLine line, FieldId id, ReadOnlySpan<byte> name) => line.Id == id && (id != FieldId.Other || line.IsNamed(name));

    /// <summary>Takes white space around members and empty members out, in place.</summary>
    private static int Compact(Span<byte> value)
    {
        var written = 0;
        var members = new FieldList(value);
        while (members.MoveNext())
        {
            if (written > 0)
            {
                value[written++] = (byte)',';
            }

            // Members lie at or behind where they go, so no byte is overwritten before it is read.
            members.Current.CopyTo(value[written..]);
            written += members.Current.Length;
        }

        return written;
    }

    /// <summary>Writes <c>name</c> or <c>name;thousandths</c>, the heaviest first and equals by name, in place; -1 when the value is no list of plain preferences.</summary>
    private static int SortPreferences(Span<byte> value)
    {
        Span<Preference> sorted = stackalloc Preference[MaxPreferences];
        Ascii.ToLowerInPlace(value, out _);
        var count = 0;
        for (var start = 0; start < value.Length;)
        {
            var comma = value[start..].IndexOf((byte)',');
            var end = comma < 0 ? value.Length : start + comma;
            if (Preference.TryRead(value, start, end) is not { } preference || count == MaxPreferences)
            {
                return -1;
            }

            if (preference.Length > 0)
            {
                var at = count++;
                for (; at > 0 && preference.Precedes(sorted[at - 1], value); at--)
                {
                    sorted[at] = sorted[at - 1];
                }

                sorted[at] = preference;
            }

            start = end + 1;
        }

        Span<byte> ordered = stackalloc byte[512];
        if (value.Length > ordered.Length)
        {
            return -1;
        }

        var written = 0;
        foreach (ref readonly var preference in sorted[..count])
        {
            written += preference.Write(value, ordered[written..], written > 0);
        }

        ordered[..written].CopyTo(value);
        return written;
    }

    /// <summary>One member: where its name lies, and its weight in thousandths.</summary>
    private readonly record struct Preference(int Start, int Length, int Weight)
    {
        /// <summary>Reads <c>token [OWS ; OWS q=weight]</c>; empty for an empty member, null for anything else.</summary>
        public static Preference? TryRead(ReadOnlySpan<byte> value, int start, int end)
        {
            while (start < end && value[start] is (byte)' ' or (byte)'\t')
            {
                start++;
            }

            var member = Syntax.TrimWhiteSpace(value[start..end]);
            var semicolon = member.IndexOf((byte)';');
            var name = semicolon < 0 ? member : Syntax.TrimWhiteSpace(member[..semicolon]);
            if (member.IsEmpty)
            {
                return default(Preference);
            }

            var weight = semicolon < 0 ? Requests.Weight.Full : Requests.Weight.Thousandths(Syntax.TrimWhiteSpace(member[(semicolon + 1)..]));
            return weight >= 0 && Syntax.IsToken(name) ? new Preference(start, name.Length, weight) : null;
        }

        public bool Precedes(Preference other, ReadOnlySpan<byte> value) =>
            Weight > other.Weight || (Weight == other.Weight && value.Slice(Start, Length).SequenceCompareTo(value.Slice(other.Start, other.Length)) < 0);

        public int Write(ReadOnlySpan<byte> value, Span<byte> into, bool follows)
        {
            var written = 0;
            if (follows)
            {
                into[written++] = (byte)',';
            }

            value.Slice(Start, Length).CopyTo(into[written..]);
            written += Length;
            if (Weight < 1000)
            {
                into[written++] = (byte)';';
                System.Buffers.Text.Utf8Formatter.TryFormat(Weight, into[written..], out var digits);
                written += digits;
            }

            return written;
        }
    }
}
