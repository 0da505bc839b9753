using Spillway.ServiceDefaults.Configuration;
using Spillway.WalWriter.Volumes;
using Xunit;

namespace Spillway.WalWriter.Tests;

public sealed class WalWriterOptionsTests
{
    [Fact]
    public void All_errors_are_told_at_once()
    {
        var errors = new OptionsErrors(WalWriterOptions.Section);

        WalWriterOptions.Validate(
            new WalWriterOptions
            {
                Name = "",
                AdvertisedAddress = "not a url",
                SegmentBytes = 5,
                FlushThreads = 0,
                Volumes = [new WriterVolumeOptions { Name = "a", Path = "/x" }, new WriterVolumeOptions { Name = "a", Path = "/y" }],
            },
            errors);

        Assert.Equal(5, errors.Failures.Count);
        Assert.All(errors.Failures, f => Assert.StartsWith("Spillway:WalWriter:", f, StringComparison.Ordinal));
    }

    [Fact]
    public void Defaults_with_one_volume_are_fine()
    {
        var errors = new OptionsErrors(WalWriterOptions.Section);

        WalWriterOptions.Validate(
            new WalWriterOptions { Volumes = [new WriterVolumeOptions { Name = "a", Path = "/x" }] }, errors);

        Assert.Empty(errors.Failures);
    }
}
