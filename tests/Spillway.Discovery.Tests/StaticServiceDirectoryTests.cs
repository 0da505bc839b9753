namespace Spillway.Discovery.Tests;

public sealed class StaticServiceDirectoryTests : ServiceDirectoryContractTests
{
    protected override IServiceDirectory Create(params string[] endpoints) =>
        DiscoveryServices.Create(new DiscoveryOptions { Endpoints = endpoints }, new ScriptedNameResolver(), TimeProvider.System);
}
