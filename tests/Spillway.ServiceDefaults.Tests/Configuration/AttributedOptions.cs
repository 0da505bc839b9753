using System.ComponentModel.DataAnnotations;

namespace Spillway.ServiceDefaults.Tests.Configuration;

internal sealed class AttributedOptions
{
    [Range(1, 16)]
    public int LaneCount { get; init; } = 4;
}
