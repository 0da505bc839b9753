namespace Spillway.ProtocolFrontend.Handlers.Configs;

/// <summary>One config that a client asks to change, and how (KIP-339).</summary>
internal readonly record struct AskedConfig(string Name, sbyte Operation, string? Value)
{
    public const sbyte Set = 0;
    public const sbyte Delete = 1;
    public const sbyte Subtract = 3;
}
