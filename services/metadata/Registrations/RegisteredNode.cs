using Spillway.Metadata.Segments;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Registrations;

/// <summary>A frontend, writer or compactor, by kind and name. Its id is for ever, its epoch for one registration.</summary>
internal sealed class RegisteredNode(int nodeId, RegisterRequest registration)
{
    public int NodeId { get; } = nodeId;

    /// <summary>The latest.</summary>
    public RegisterRequest Registration { get; set; } = registration;

    public NodeKind Kind => Registration.Kind;

    public long Epoch { get; set; }

    public long LeaseExpiryMs { get; set; }

    /// <summary>The epoch is not over.</summary>
    public bool Live { get; set; }

    /// <summary>Writers: what of the epoch was applied.</summary>
    public AppliedBlocks Blocks { get; set; } = new();

    /// <summary>Writers: open segments of the epoch.</summary>
    public List<Segment> OpenSegments { get; } = [];

    public NodeImage ToImage() => new()
    {
        Kind = Kind,
        NodeId = NodeId,
        Epoch = Epoch,
        Name = Registration.Name,
        Zone = Registration.Zone,
        RpcAddress = Registration.RpcAddress,
        AdvertisedHost = Registration.AdvertisedHost,
        AdvertisedPort = Registration.AdvertisedPort,
        Volumes = { Registration.Volumes },
        Live = Live,
    };
}
