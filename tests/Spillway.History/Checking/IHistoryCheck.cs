using Spillway.History.Events;

namespace Spillway.History.Checking;

/// <summary>One kind of question to a history. It sees every event once, after the index has.</summary>
internal interface IHistoryCheck
{
    void Observe(HistoryEvent line);

    /// <summary>After the last event: what could only be said with all of them.</summary>
    void Finish()
    {
    }
}
