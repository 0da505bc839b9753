namespace Spillway.Raft.Tests.Simulation;

/// <summary>Keeps what awaits something on the simulation's thread, as events of its clock: no thread pool, no chance.</summary>
internal sealed class SimulationContext(VirtualClock clock) : SynchronizationContext
{
    public override void Post(SendOrPostCallback d, object? state) => clock.After(TimeSpan.Zero, () => d(state));

    public override void Send(SendOrPostCallback d, object? state) => d(state);
}
