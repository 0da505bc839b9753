namespace Spillway.Chaos.Clients;

/// <summary>Where a frontend says it is reached.</summary>
internal readonly record struct BrokerAddress(string Host, int Port);
