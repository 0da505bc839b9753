namespace Spillway.ServiceDefaults.Tests.Configuration;

internal enum SampleMode
{
    Careful,
    Fast,
}
