namespace Millrace.Delivery.Requests;

/// <summary>Fields by which a client asks for less than the whole; a fetch never carries the client's, so no stored response depends on them.</summary>
internal static class ConditionFields
{
    public static bool Contains(FieldId id) =>
        id is FieldId.IfNoneMatch or FieldId.IfModifiedSince or FieldId.IfMatch or FieldId.IfUnmodifiedSince or FieldId.IfRange or FieldId.Range;
}
