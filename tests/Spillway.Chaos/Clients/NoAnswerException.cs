namespace Spillway.Chaos.Clients;

/// <summary>A request was sent, or may have been, and no answer will come: whether it was carried out is not known.</summary>
internal sealed class NoAnswerException(string error, Exception? inner = null) : Exception($"no answer: {error}", inner)
{
    public const string Timeout = "timeout";
    public const string Disconnect = "disconnect";

    /// <summary><see cref="Timeout"/> or <see cref="Disconnect"/>, as a history has it.</summary>
    public string Error { get; } = error;
}
