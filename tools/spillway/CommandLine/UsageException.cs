namespace Spillway.Tool.CommandLine;

/// <summary>The command line is wrong; the message says how it is right.</summary>
internal sealed class UsageException(string message) : Exception(message);
