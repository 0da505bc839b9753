namespace Spillway.ServiceDefaults;

/// <summary>Which service this process is: the name in its logs and metrics.</summary>
/// <param name="Name">The kebab-case name of the service, as its folder is called.</param>
/// <param name="Version">The version of the build.</param>
public sealed record ServiceIdentity(string Name, string Version);
