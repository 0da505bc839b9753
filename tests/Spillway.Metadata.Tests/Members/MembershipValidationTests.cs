using Spillway.Metadata.Members;
using Spillway.ServiceDefaults.Configuration;
using Spillway.Storage.Wal;

namespace Spillway.Metadata.Tests.Members;

public sealed class MembershipValidationTests
{
    private const string Id = NodeGroup.ClusterId;
    private const string OtherId = "00112233-4455-6677-8899-aabbccddeeff";

    public static TheoryData<string, object> Mistakes => new()
    {
        { "NodeId", new MetadataOptions { NodeId = 0 } },
        { "ClusterId", new MetadataOptions { ClusterId = "spillway" } },
        { "ClusterId", new MetadataOptions { ClusterId = Guid.Empty.ToString() } },
        { "ClusterId", new MetadataOptions { Join = true } },
        { "ClusterId", new MetadataOptions { Founders = [Founder(1), Founder(2), Founder(3)] } },
        { "ClusterId", new MetadataOptions { RaftCertificateFile = "a", RaftKeyFile = "b", RaftAuthoritiesFile = "c" } },
        { "RaftAddress", new MetadataOptions { RaftAddress = "localhost" } },
        { "RaftPort", new MetadataOptions { RaftPort = 65536 } },
        { "AdvertisedAddress", new MetadataOptions { AdvertisedAddress = "metadata-0:7100" } },
        { "AdvertisedAddress", new MetadataOptions { RpcAddress = "0.0.0.0", Join = true, ClusterId = Id } },
        { "AdvertisedRaftAddress", new MetadataOptions { AdvertisedRaftAddress = "metadata-0" } },
        { "AdvertisedRaftAddress", new MetadataOptions { RaftAddress = "0.0.0.0", Join = true, ClusterId = Id } },
        { "Founders", new MetadataOptions { ClusterId = Id, Founders = [Founder(2), Founder(3)] } },
        { "Founders", new MetadataOptions { ClusterId = Id, Founders = [Founder(1), Founder(1)] } },
        { "Founders", new MetadataOptions { ClusterId = Id, Founders = [Founder(1), new MemberOptions { NodeId = 2 }] } },
        { "RaftPeers", new MetadataOptions { RaftPeers = [new MemberOptions { NodeId = 2, RaftAddress = "nowhere" }] } },
        { "RaftCertificateFile", new MetadataOptions { ClusterId = Id, RaftCertificateFile = "tls.crt" } },
        { "RestoreFrom", new MetadataOptions { RestoreFrom = "s3://bucket" } },
        { "RestoreFrom", new MetadataOptions { RestoreFrom = Id, ClusterId = OtherId, Founders = [Founder(1), Founder(2), Founder(3)] } },
        { "ClusterId", new MetadataOptions { RestoreFrom = Id.Replace("-", "", StringComparison.Ordinal), ClusterId = Id } },
        { "RestoreVolumes", new MetadataOptions { RestoreFrom = Id, RestoreVolumes = [new WalVolumeOptions { Name = "wal1" }] } },
        { "RaftTick", new MetadataOptions { RaftTick = TimeSpan.FromMilliseconds(1) } },
        { "RaftElectionTicks", new MetadataOptions { RaftElectionTicks = 2 } },
    };

    public static TheoryData<object> SoundOnes =>
    [
        new MetadataOptions(),
        new MetadataOptions { RestoreFrom = Id, ClusterId = OtherId, RestoreVolumes = [new WalVolumeOptions { Name = "w", Path = "/w" }] },
        new MetadataOptions { RpcAddress = "0.0.0.0", RaftAddress = "0.0.0.0" },
        new MetadataOptions { ClusterId = Id, Founders = [Founder(1), Founder(2), Founder(3)] },
        new MetadataOptions { ClusterId = Id, NodeId = 4, Join = true, Founders = [Founder(1), Founder(2), Founder(3)] },
        new MetadataOptions
        {
            ClusterId = Id,
            Join = true,
            RpcAddress = "0.0.0.0",
            RaftAddress = "0.0.0.0",
            AdvertisedAddress = "http://metadata-0:7100",
            AdvertisedRaftAddress = "metadata-0:7101",
            RaftCertificateFile = "a",
            RaftKeyFile = "b",
            RaftAuthoritiesFile = "c",
        },
    ];

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void A_mistake_is_told_with_its_key_and_an_example(string key, object options)
    {
        var errors = new OptionsErrors(MetadataOptions.Section);

        MetadataOptions.Validate((MetadataOptions)options, errors);

        Assert.StartsWith($"Spillway:Metadata:{key} must ", Assert.Single(errors.Failures), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(SoundOnes))]
    public void What_makes_sense_is_taken(object options)
    {
        var errors = new OptionsErrors(MetadataOptions.Section);

        MetadataOptions.Validate((MetadataOptions)options, errors);

        Assert.Empty(errors.Failures);
        Assert.Empty(GroupSettings.LogOf((MetadataOptions)options).Validate());
    }

    [Fact]
    public void An_address_that_nobody_could_call_is_not_advertised()
    {
        Assert.Equal("http://127.0.0.1:7100/", GroupSettings.AddressOf(new MetadataOptions()));
        Assert.Equal("http://m:7100/", GroupSettings.AddressOf(new MetadataOptions { AdvertisedAddress = "http://m:7100" }));
        Assert.Equal("127.0.0.1:7101", GroupSettings.RaftAddressOf(new MetadataOptions()));
        Assert.Equal("", GroupSettings.AddressOf(new MetadataOptions { RpcAddress = "0.0.0.0" }));
        Assert.Equal("", GroupSettings.RaftAddressOf(new MetadataOptions { RaftPort = 0 }));
        Assert.Equal("[::1]:7101", GroupSettings.RaftAddressOf(new MetadataOptions { RaftAddress = "::1" }));
    }

    private static MemberOptions Founder(int node) =>
        new() { NodeId = node, RaftAddress = $"metadata-{node}:7101", Address = $"http://metadata-{node}:7100" };
}
