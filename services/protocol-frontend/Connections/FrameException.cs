namespace Spillway.ProtocolFrontend.Connections;

/// <summary>What came is no Kafka frame that we take; the connection is closed and the message is the logged reason.</summary>
internal sealed class FrameException(string message) : Exception(message);
