using Spillway.Storage.Objects;
using Spillway.Testing.Objects;

namespace Spillway.Storage.Tests.Objects;

public sealed class InMemoryObjectStoreTests : ObjectStoreContract
{
    protected override IObjectStore Store { get; } = new InMemoryObjectStore();
}
