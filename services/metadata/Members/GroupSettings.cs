using System.Net;
using Spillway.Raft;
using Spillway.Raft.Transport;

namespace Spillway.Metadata.Members;

/// <summary>What the service's options mean for the log and for its transport.</summary>
internal static class GroupSettings
{
    /// <summary>Settings of the log.</summary>
    /// <param name="options">The service's.</param>
    /// <param name="restore">Writes the restored state that the log begins with; null where none is restored.</param>
    public static ReplicatedLogOptions LogOf(MetadataOptions options, Action<Stream>? restore = null) => new()
    {
        WriteFirstState = restore,
        Folder = options.DataFolder,
        NodeId = (ulong)options.NodeId,
        ClusterId = options.ClusterId.Length == 0 ? null : Guid.Parse(options.ClusterId),
        Address = RaftAddressOf(options),
        ServiceAddress = AddressOf(options),
        InitialVoters = options.Join ? [] : [.. options.Founders.Select(ToMember)],
        Join = options.Join,
        TickInterval = options.RaftTick,
        ElectionTicks = options.RaftElectionTicks,
        SnapshotEveryBytes = options.SnapshotEveryBytes,
        SnapshotEveryEntries = options.SnapshotEveryEntries,
    };

    /// <summary>Settings of the transport.</summary>
    public static RaftTransportOptions TransportOf(MetadataOptions options) => new()
    {
        ListenAddress = options.RaftAddress,
        ListenPort = options.RaftPort,
        AdvertisedAddress = RaftAddressOf(options),
        PeerAddresses = options.RaftPeers.ToDictionary(static peer => (ulong)peer.NodeId, static peer => peer.RaftAddress),
        Tls = options.RaftCertificateFile.Length == 0
            ? null
            : new RaftTlsOptions(options.RaftCertificateFile, options.RaftKeyFile, options.RaftAuthoritiesFile),
    };

    /// <summary>Where the other nodes reach this one; empty where that cannot be said.</summary>
    public static string RaftAddressOf(MetadataOptions options) =>
        options.AdvertisedRaftAddress.Length > 0 ? options.AdvertisedRaftAddress
        : HostOf(options.RaftAddress, options.RaftPort) ?? "";

    /// <summary>Where other services reach this node; empty where that cannot be said.</summary>
    public static string AddressOf(MetadataOptions options) =>
        options.AdvertisedAddress.Length > 0 ? Canonical(options.AdvertisedAddress)
        : HostOf(options.RpcAddress, options.RpcPort) is { } host ? Canonical($"http://{host}")
        : "";

    /// <summary>
    /// One spelling of a service's URL: a node whose members know it by another would have itself readdressed when it leads.
    /// </summary>
    public static string Canonical(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var url) ? url.AbsoluteUri : address;

    /// <summary>Null for a wildcard, which is nobody's address, and for a port that is drawn at the start.</summary>
    private static string? HostOf(string address, int port) =>
        port == 0 || !IPAddress.TryParse(address, out var ip) || ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any)
            ? null
            : new HostAndPort(ip.ToString(), port).ToString();

    private static GroupMember ToMember(MemberOptions member) =>
        new((ulong)member.NodeId, Voter: true, member.RaftAddress, Canonical(member.Address));
}
