namespace Spillway.Tool.Costs;

/// <summary>Requests of one kind and cause.</summary>
internal sealed record RequestCost(string Kind, string Cause, double Count, double PerGiB);
