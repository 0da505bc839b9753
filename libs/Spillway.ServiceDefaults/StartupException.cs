namespace Spillway.ServiceDefaults;

/// <summary>
/// The service cannot start and the reason is the operator's to mend (a locked folder, a version that is too old).
/// <see cref="ServiceHost"/> prints the message as one line, without a stack.
/// </summary>
public sealed class StartupException : Exception
{
    /// <summary>Says in one sentence what is wrong and what to do about it.</summary>
    public StartupException(string message)
        : base(message)
    {
    }

    /// <summary>Says in one sentence what is wrong and what to do about it.</summary>
    public StartupException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
