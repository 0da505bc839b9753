namespace Spillway.Metadata.ConsumerGroups;

/// <summary>How far a member has come towards its target assignment. The numbers are those of the stored record.</summary>
internal enum ReconciliationState
{
    /// <summary>It owns all that it shall have in its epoch.</summary>
    Stable = 0,

    /// <summary>It was told to give up partitions and has not confirmed that yet.</summary>
    Unrevoked = 1,

    /// <summary>Others still own some of what it shall have.</summary>
    Unreleased = 2,
}
