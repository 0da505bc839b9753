namespace Spillway.Kafka.Configs;

/// <summary>One of the places a config's value may come from, and what stands there.</summary>
public readonly record struct ConfigSynonym(string Name, string? Value, ConfigSource Source);
