namespace Spillway.Raft.Core;

/// <summary>The append messages a member has not answered yet, by the last index of each, oldest first.</summary>
internal sealed class InFlightWindow(int messagesMax)
{
    private readonly ulong[] _last = new ulong[messagesMax];
    private int _start;
    private int _count;

    public bool IsFull => _count == _last.Length;

    public void Add(ulong lastIndex) => _last[(_start + _count++) % _last.Length] = lastIndex;

    public void FreeUpTo(ulong index)
    {
        while (_count > 0 && _last[_start] <= index)
        {
            _start = (_start + 1) % _last.Length;
            _count--;
        }
    }

    public void Clear() => _count = 0;
}
