using Millrace.Models.Registry;

namespace Millrace.Tests.Models.Registry;

public sealed class MemoryModelRegistryTests : ModelRegistrySuite
{
    protected override IModelRegistry Registry { get; } = new MemoryModelRegistry();

    protected override IModelRegistry? Again() => null;
}
