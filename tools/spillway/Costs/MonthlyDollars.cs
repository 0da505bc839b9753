namespace Spillway.Tool.Costs;

/// <summary>Dollars a month.</summary>
internal sealed record MonthlyDollars(double WalVolume, double Requests, double Storage);
