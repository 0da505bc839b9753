namespace Spillway.Raft;

/// <summary>
/// This node was removed from its group, for good: nothing has failed, and its folder and its id are of no more use. To
/// have the machine back in the group, start it with an empty folder under an id that was never used.
/// </summary>
/// <param name="message">Which node, and how it knows.</param>
public sealed class NodeRemovedException(string message) : LogFailedException(message);
