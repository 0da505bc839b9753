using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Spillway.ProtocolFrontend.Cluster;

namespace Spillway.ProtocolFrontend.Connections;

/// <summary>The Kafka listener on Kestrel; tells the rest of the frontend where it came to listen.</summary>
internal sealed class KafkaListener(ProtocolFrontendOptions options, FrontendIdentity identity) : IKafkaListener
{
    private ListenOptions? _listen;

    public string AdvertisedHost => options.AdvertisedHost ?? options.ListenAddress;

    public int AdvertisedPort => options.AdvertisedPort ?? BoundPort;

    public int BoundPort => (_listen?.EndPoint as IPEndPoint)?.Port ?? options.ListenPort;

    public void Configure(KestrelServerOptions kestrel) => kestrel.Listen(
        IPAddress.Parse(options.ListenAddress),
        options.ListenPort,
        listen =>
        {
            _listen = listen;
            listen.UseConnectionHandler<KafkaConnectionHandler>();
        });

    /// <summary>To be called when the server has started: from now on clients may be sent here.</summary>
    public void MarkListening() => identity.SetListening(new FrontendEndpoint(AdvertisedHost, AdvertisedPort));
}
