using System.Text;

namespace Millrace.Node;

/// <summary>
/// The tenants of a node. There is one: a feature snapshot folds the facts of the default tenant only, and a second tenant would be answered from it.
/// </summary>
internal static class Tenants
{
    /// <summary>The one tenant.</summary>
    public const string Default = "default";

    // As every id (DESIGN, ids): a longer one has no room in a fact's key.
    private const int MaxBytes = 128;

    /// <summary>Why a key may not be of this tenant, in a fault's words; null when it may.</summary>
    public static string? Fault(string tenant)
    {
        if (Encoding.UTF8.GetByteCount(tenant) is < 1 or > MaxBytes || tenant.Any(char.IsControl))
        {
            return $"expected a tenant of 1 to {MaxBytes} bytes of UTF-8 without control characters";
        }

        return tenant == Default ? null : $"expected the tenant '{Default}', since this release serves no other; several tenants on one node are to come";
    }
}
