namespace Spillway.Raft;

/// <summary>A change of membership was refused: it makes no sense now, and nothing was changed.</summary>
/// <param name="message">Why.</param>
public sealed class MembershipChangeException(string message) : Exception(message);
