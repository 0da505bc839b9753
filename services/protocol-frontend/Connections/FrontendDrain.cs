using Spillway.ProtocolFrontend.Cluster;
using Spillway.ServiceDefaults.Draining;

namespace Spillway.ProtocolFrontend.Connections;

/// <summary>
/// Leaves gracefully: out of the table of live frontends first, so that clients are sent elsewhere; then what was read is answered, and the
/// connections close.
/// </summary>
internal sealed class FrontendDrain(RegistrationLoop registration, ConnectionRegistry connections) : IDrainable
{
    public string Name => "kafka connections";

    public DrainStage Stage => DrainStage.StopAccepting;

    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        await registration.DeregisterAsync(cancellationToken).ConfigureAwait(false);
        await connections.DrainAsync(cancellationToken).ConfigureAwait(false);
    }
}
