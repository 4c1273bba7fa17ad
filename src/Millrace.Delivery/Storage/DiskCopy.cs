namespace Millrace.Delivery.Storage;

/// <summary>A response as it lies on disk.</summary>
/// <param name="Head">Its head, as a request would find it.</param>
/// <param name="Since">When its head was written.</param>
/// <param name="Bytes">Bytes on disk, of the head and what is held of the body.</param>
internal sealed record DiskCopy(ResponseHead Head, DateTimeOffset Since, long Bytes);
