namespace Spillway.ProtocolFrontend.Connections;

/// <summary>How far a <see cref="FrameReader"/> came with the bytes it was given.</summary>
internal enum FrameStep
{
    /// <summary>It took all and needs more.</summary>
    NeedsBytes,

    /// <summary>It knows the next frame's length and may not take its bytes before the budget has room.</summary>
    NeedsBudget,

    /// <summary>A frame is whole.</summary>
    HasFrame,
}
