namespace Spillway.ServiceDefaults.Draining;

/// <summary>A part that has something to do before the process may stop. Registered as a singleton.</summary>
public interface IDrainable
{
    /// <summary>The part, as it stands in the log when it did not end in time.</summary>
    string Name { get; }

    /// <summary>When its turn is; parts of the same stage drain side by side.</summary>
    DrainStage Stage { get; }

    /// <summary>
    /// Drains. The token ends the stage's time: what is not done then is left undone, and the next stage begins.
    /// </summary>
    Task DrainAsync(CancellationToken cancellationToken);
}
