namespace Spillway.ServiceDefaults.Draining;

/// <summary>Whether this process is on its way out; set once, at the first sign of a stop. Thread-safe.</summary>
public sealed class DrainState
{
    private volatile bool _isDraining;

    /// <summary>True from the moment a stop was asked for.</summary>
    public bool IsDraining => _isDraining;

    /// <summary>Marks the process as draining: it is not ready any more, but still works.</summary>
    public void Begin() => _isDraining = true;
}
