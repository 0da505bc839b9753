namespace Spillway.Storage.Tests.Objects.S3;

/// <summary>Makes every random wait none.</summary>
internal sealed class NoJitter : Random
{
    public override double NextDouble() => 0;
}
