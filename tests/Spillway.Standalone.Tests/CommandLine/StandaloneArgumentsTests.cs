using Spillway.Standalone.CommandLine;
using Spillway.Storage.Wal;
using Xunit;

namespace Spillway.Standalone.Tests.CommandLine;

public sealed class StandaloneArgumentsTests
{
    [Fact]
    public void Without_arguments_everything_has_its_default()
    {
        var (options, error) = StandaloneArguments.Parse([]);

        Assert.Null(error);
        Assert.Equal(("data", 9092, 9644), (options!.DataFolder, options.KafkaPort, options.HttpPort));
        Assert.Empty(options.BrokerConfigs);
    }

    [Fact]
    public void All_arguments_are_taken_in_both_forms()
    {
        var (options, error) = StandaloneArguments.Parse(
        [
            "--data", "/tmp/x", "--wal", "s3", "--port=19092", "--advertised", "broker.example.com:29092", "--http-port", "0",
            "--set", "num.partitions=4", "--set=group.initial.rebalance.delay.ms=0", "--Spillway:WalWriter:RollInterval=00:00:05",
        ]);

        Assert.Null(error);
        Assert.Equal(("/tmp/x", 19092, 0), (options!.DataFolder, options.KafkaPort, options.HttpPort));
        Assert.Equal(WalVolumeKind.S3, options.WalKind);
        Assert.Equal(("broker.example.com", 29092), (options.AdvertisedHost, options.AdvertisedPort));
        Assert.Equal("4", options.BrokerConfigs["num.partitions"]);
        Assert.Equal("0", options.BrokerConfigs["group.initial.rebalance.delay.ms"]);
        Assert.Equal(["--Spillway:WalWriter:RollInterval=00:00:05"], options.HostArguments);
    }

    [Theory]
    [InlineData("--prot", "--prot")]
    [InlineData("--port", "--port")]
    [InlineData("--port=99999", "99999")]
    [InlineData("--wal=nfs", "'nfs'")]
    [InlineData("--port=x", "'x'")]
    [InlineData("--http-port=-1", "-1")]
    [InlineData("--advertised=host", "host")]
    [InlineData("--advertised=host:0", "host:0")]
    [InlineData("--set=num.partitions", "num.partitions")]
    [InlineData("--set=num.partitons=4", "num.partitons")]
    [InlineData("--set=num.partitions=many", "num.partitions")]
    [InlineData("9092", "9092")]
    public void A_mistake_is_named_in_one_line(string argument, string named)
    {
        var (options, error) = StandaloneArguments.Parse([argument]);

        Assert.Null(options);
        Assert.NotNull(error);
        Assert.Contains(named, error, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error);
    }

    [Theory]
    [InlineData("--prot")]
    [InlineData("--port=x")]
    [InlineData("--advertised=host")]
    [InlineData("--set=num.partitions")]
    [InlineData("--data")]
    public void A_mistake_comes_with_an_example(string argument) =>
        Assert.Contains("example", StandaloneArguments.Parse([argument]).Error, StringComparison.Ordinal);

    [Fact]
    public void Help_is_no_mistake() => Assert.Equal((null, null), StandaloneArguments.Parse(["--help"]));
}
