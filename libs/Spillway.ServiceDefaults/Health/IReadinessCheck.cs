namespace Spillway.ServiceDefaults.Health;

/// <summary>One thing this process depends on before it should be sent work. Registered as a singleton.</summary>
public interface IReadinessCheck
{
    /// <summary>The dependency, as the operator knows it: <c>metadata</c>.</summary>
    string Name { get; }

    /// <summary>Says in a few words why the dependency is not there, or null when it answered.</summary>
    ValueTask<string?> FindReasonNotReadyAsync(CancellationToken cancellationToken);
}
