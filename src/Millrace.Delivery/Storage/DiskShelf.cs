namespace Millrace.Delivery.Storage;

/// <summary>The place of the disk tier, which opens after the plane has been made, or never.</summary>
internal sealed class DiskShelf
{
    private volatile DiskObjects? _objects;

    /// <summary>The objects on disk; null while there is no disk.</summary>
    public DiskObjects? Objects
    {
        get => _objects;
        set => _objects = value;
    }
}
