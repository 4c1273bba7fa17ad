namespace Millrace.Delivery.Requests;

/// <summary>Fields that concern one connection only (RFC 9110 §7.6.1) and never travel on or into the store.</summary>
internal static class HopByHop
{

    /// <summary>Removes the fixed fields and those that Connection lists.</summary>
    public static void Strip(HeaderList headers)
    {
        headers.RemoveWhere(line => Concerns(line, headers));
    }

    /// <summary>Whether a line of a list is for the next hop alone, by its name or because Connection lists it.</summary>
    public static bool Concerns(FieldLine line, HeaderList headers) => IsFixed(line.Id) || headers.Members(FieldId.Connection).Contains(line.Name);

    private static bool IsFixed(FieldId id) => id is FieldId.Connection or FieldId.KeepAlive or FieldId.ProxyConnection or FieldId.ProxyAuthenticate
        or FieldId.ProxyAuthorization or FieldId.ProxyAuthenticationInfo or FieldId.TE or FieldId.Trailer or FieldId.TransferEncoding or FieldId.Upgrade;
}
