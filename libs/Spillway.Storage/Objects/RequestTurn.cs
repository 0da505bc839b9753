namespace Spillway.Storage.Objects;

/// <summary>A place in a <see cref="RequestWindow"/>, and how often the window had been narrowed when it was given.</summary>
internal readonly record struct RequestTurn(long Cuts);
