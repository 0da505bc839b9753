namespace Spillway.ProtocolFrontend.Cluster;

/// <summary>Who this frontend is: where it listens, and what metadata registered it as. Thread-safe.</summary>
internal sealed class FrontendIdentity
{
    private readonly TaskCompletionSource<FrontendEndpoint> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<FrontendRegistration> _firstRegistered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private FrontendRegistration? _registered;

    public FrontendRegistration? Registered => Volatile.Read(ref _registered);

    /// <summary>Where this frontend listens; null before it does.</summary>
    public FrontendEndpoint? Endpoint => _listening.Task.IsCompletedSuccessfully ? _listening.Task.Result : null;

    /// <summary>Kafka's broker id of this frontend, once it was registered; -1 before.</summary>
    public int NodeId => _firstRegistered.Task.IsCompletedSuccessfully ? _firstRegistered.Task.Result.NodeId : -1;

    public void SetListening(FrontendEndpoint endpoint) => _listening.TrySetResult(endpoint);

    public Task<FrontendEndpoint> WhenListeningAsync(CancellationToken cancellationToken) =>
        _listening.Task.WaitAsync(cancellationToken);

    public void SetRegistered(FrontendRegistration registration)
    {
        Volatile.Write(ref _registered, registration);
        _firstRegistered.TrySetResult(registration);
    }

    /// <summary>Takes the registration away, so that it is ended or made anew by who took it.</summary>
    public FrontendRegistration? Take() => Interlocked.Exchange(ref _registered, null);
}
