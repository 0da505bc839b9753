using System.Net;
using Spillway.Raft.Transport;
using Spillway.Rpc.Contracts;
using Spillway.ServiceDefaults.Configuration;

namespace Spillway.Metadata.Members;

/// <summary>Rules of those of <see cref="MetadataOptions"/> that make several nodes a group.</summary>
internal static class MembershipValidation
{
    private const string IdExample = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";

    public static void Validate(MetadataOptions options, OptionsErrors errors)
    {
        var group = options.Founders.Count > 1 || options.Join;
        errors.Require(options.NodeId >= 1, nameof(options.NodeId), "must be 1 or more", 1);
        errors.Require(
            options.ClusterId.Length == 0 || (Guid.TryParse(options.ClusterId, out var id) && id != Guid.Empty),
            nameof(options.ClusterId), "must be a GUID, not the empty one", IdExample);
        errors.Require(
            options.ClusterId.Length > 0 || !(group || options.RaftCertificateFile.Length > 0),
            nameof(options.ClusterId), "must be given with several founders, with Join and with certificates", IdExample);
        ValidateRestore(options, group, errors);
        ValidateAddresses(options, group, errors);
        ValidateFounders(options, errors);
        ValidateCertificates(options, errors);
        errors.Require(
            options.RaftPeers.All(static peer => peer.NodeId >= 1 && HostAndPort.TryParse(peer.RaftAddress, out _))
                && options.RaftPeers.Select(static peer => peer.NodeId).Distinct().Count() == options.RaftPeers.Count,
            nameof(options.RaftPeers), "must name nodes, each once, with host:port of their Raft transport",
            "RaftPeers:0:NodeId=2, RaftPeers:0:RaftAddress=10.0.2.1:7101");
        errors.Require(
            options.RaftTick >= TimeSpan.FromMilliseconds(5) && options.RaftTick <= TimeSpan.FromSeconds(1),
            nameof(options.RaftTick), "must be from 5 ms to 1 s", "00:00:00.050");
        errors.Require(
            options.RaftElectionTicks is >= 5 and <= 100, nameof(options.RaftElectionTicks), "must be from 5 to 100", 10);
    }

    private static void ValidateRestore(MetadataOptions options, bool group, OptionsErrors errors)
    {
        if (options.RestoreFrom.Length == 0)
        {
            return;
        }

        errors.Require(
            Guid.TryParse(options.RestoreFrom, out var lost), nameof(options.RestoreFrom),
            "must be the id of the lost cluster, as under meta/ in the object store", "6ba7b8109dad11d180b400c04fd430c8");
        errors.Require(
            !group, nameof(options.RestoreFrom),
            "must not be given with several founders or Join: one node restores, the others join it", "");
        errors.Require(
            options.ClusterId.Length == 0 || !Guid.TryParse(options.ClusterId, out var id) || id != lost, nameof(options.ClusterId),
            "must not be the lost cluster's: nodes that still have its folders must not take this group for theirs", IdExample);
        errors.Require(
            options.RestoreVolumes.All(static volume => volume.IsValid())
                && options.RestoreVolumes.DistinctBy(static volume => volume.Name).Count() == options.RestoreVolumes.Count,
            nameof(options.RestoreVolumes), "must name volumes, each once, with their paths",
            "RestoreVolumes:0:Name=wal1, RestoreVolumes:0:Path=/mnt/wal1");
    }

    private static void ValidateAddresses(MetadataOptions options, bool group, OptionsErrors errors)
    {
        errors.Require(
            IPAddress.TryParse(options.RaftAddress, out _), nameof(options.RaftAddress), "must be an IP address", "0.0.0.0");
        errors.Require(
            options.RaftPort is >= 0 and <= 65535, nameof(options.RaftPort), "must be a port from 0 to 65535", 7101);
        errors.Require(
            options.AdvertisedAddress.Length == 0 || NeighbourOptions.IsAddress(options.AdvertisedAddress),
            nameof(options.AdvertisedAddress), "must be a URL", "http://metadata-0.metadata:7100");
        errors.Require(
            options.AdvertisedRaftAddress.Length == 0 || HostAndPort.TryParse(options.AdvertisedRaftAddress, out _),
            nameof(options.AdvertisedRaftAddress), "must be host:port", "metadata-0.metadata:7101");
        if (group)
        {
            errors.Require(
                GroupSettings.AddressOf(options).Length > 0, nameof(options.AdvertisedAddress),
                "must say where other services reach this node of a group", "http://metadata-0.metadata:7100");
            errors.Require(
                GroupSettings.RaftAddressOf(options).Length > 0, nameof(options.AdvertisedRaftAddress),
                "must say where the other nodes of the group reach this one", "metadata-0.metadata:7101");
        }
    }

    private static void ValidateFounders(MetadataOptions options, OptionsErrors errors)
    {
        const string Example = "Founders:0:NodeId=1, Founders:0:RaftAddress=metadata-0.metadata:7101, "
            + "Founders:0:Address=http://metadata-0.metadata:7100";
        var founders = options.Founders;
        if (founders.Count == 0)
        {
            return;
        }

        errors.Require(
            founders.All(static founder => founder.NodeId >= 1 && HostAndPort.TryParse(founder.RaftAddress, out _)
                && NeighbourOptions.IsAddress(founder.Address)),
            nameof(options.Founders), "must have an id, host:port of the Raft transport and the URL of the RPC each", Example);
        errors.Require(
            founders.Select(static founder => founder.NodeId).Distinct().Count() == founders.Count,
            nameof(options.Founders), "must be different nodes", Example);
        errors.Require(
            options.Join || founders.Any(founder => founder.NodeId == options.NodeId),
            nameof(options.Founders), $"must have this node, {options.NodeId}, among them", Example);
    }

    private static void ValidateCertificates(MetadataOptions options, OptionsErrors errors)
    {
        var given = new[] { options.RaftCertificateFile, options.RaftKeyFile, options.RaftAuthoritiesFile }
            .Count(static file => file.Length > 0);
        errors.Require(
            given is 0 or 3, nameof(options.RaftCertificateFile),
            "must be given together with RaftKeyFile and RaftAuthoritiesFile, or none of the three",
            "/etc/spillway/raft/tls.crt");
    }
}
