namespace Spillway.S3Compactor;

/// <summary>A hook at each <see cref="FailPoint"/>. Off in production; crash tests throw from it, and nothing may clean up after that.</summary>
internal interface IFailPoints
{
    /// <summary>A job passes the place.</summary>
    void Pass(string failPoint);
}
