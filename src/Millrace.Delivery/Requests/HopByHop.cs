using System.Text;

namespace Millrace.Delivery.Requests;

/// <summary>Fields that concern one connection only (RFC 9110 §7.6.1) and never travel on or into the store.</summary>
internal static class HopByHop
{
    /// <summary>Removes the fixed fields and those that Connection lists.</summary>
    public static void Strip(HeaderList headers)
    {
        if (!ListsFields(headers))
        {
            headers.RemoveWhere(static line => IsFixed(line.Id));
            return;
        }

        // What Connection lists is asked of a copy: removing moves the lines, those of Connection too.
        headers.RemoveWhere(headers.Clone(), static (line, before) => Concerns(line, before));
    }

    /// <summary>Whether Connection lists more than what it nearly always says, so that lines must be compared with it.</summary>
    public static bool ListsFields(HeaderList headers)
    {
        foreach (var option in headers.Members(FieldId.Connection))
        {
            if (!Ascii.EqualsIgnoreCase(option, "keep-alive"u8) && !Ascii.EqualsIgnoreCase(option, "close"u8))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a line of a list is for the next hop alone, by its name or because Connection lists it.</summary>
    public static bool Concerns(FieldLine line, HeaderList headers) => IsFixed(line.Id) || headers.Members(FieldId.Connection).Contains(line.Name);

    public static bool IsFixed(FieldId id) => id is FieldId.Connection or FieldId.KeepAlive or FieldId.ProxyConnection or FieldId.ProxyAuthenticate
        or FieldId.ProxyAuthorization or FieldId.ProxyAuthenticationInfo or FieldId.MillraceTier or FieldId.TE or FieldId.Trailer or FieldId.TransferEncoding or FieldId.Upgrade;
}
