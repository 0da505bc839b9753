using Spillway.EndToEnd.Tests.Processes;
using Xunit;

namespace Spillway.EndToEnd.Tests.BadInput;

/// <summary>One standalone that makes no topics by itself.</summary>
public sealed class BadInputFixture : IAsyncLifetime
{
    public StandaloneProcess Standalone { get; } = new("--set", "auto.create.topics.enable=false");

    public async ValueTask InitializeAsync() => await Standalone.StartAsync();

    public ValueTask DisposeAsync() => Standalone.DisposeAsync();
}
