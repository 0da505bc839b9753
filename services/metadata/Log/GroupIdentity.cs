namespace Spillway.Metadata.Log;

/// <summary>The id by which the nodes of the log's group know one another; known once the log has started.</summary>
/// <param name="Ask">Asks the log.</param>
internal sealed record GroupIdentity(Func<Guid> Ask);
