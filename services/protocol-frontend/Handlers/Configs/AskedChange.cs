namespace Spillway.ProtocolFrontend.Handlers.Configs;

/// <summary>
/// One resource whose configs a client asks to change; with <paramref name="Replace"/> what is not named is taken away.
/// </summary>
internal sealed record AskedChange(sbyte Type, string Name, IReadOnlyList<AskedConfig> Configs, bool Replace);
