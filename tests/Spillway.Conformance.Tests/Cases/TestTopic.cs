namespace Spillway.Conformance.Tests.Cases;

/// <summary>A topic that a case made.</summary>
internal sealed record TestTopic(string Name, Guid Id);
