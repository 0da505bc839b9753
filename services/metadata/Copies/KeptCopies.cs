using Spillway.Metadata.Log;
using Spillway.Storage.Copies;

namespace Spillway.Metadata.Copies;

/// <summary>
/// What the leader knows of the copies in the object store, and so which objects may go: a copy names what was referenced when it was taken,
/// so an object that lost its last reference before the oldest kept one is named by none. Nothing known is nothing deleted. Thread-safe.
/// </summary>
internal sealed class KeptCopies
{
    private readonly Lock _lock = new(); // all below
    private bool _enabled;
    private ulong _term;
    private long _oldestMs;
    private long _newestMs;
    private long _bytes;

    /// <summary>Copies are made. Without, no copy keeps anything from being deleted.</summary>
    public void Enable()
    {
        lock (_lock)
        {
            _enabled = true;
        }
    }

    /// <summary>What was listed under a leadership.</summary>
    public void Note(Lead lead, CopyListing listing)
    {
        lock (_lock)
        {
            _term = lead.Term;
            _oldestMs = listing.Whole.Count == 0 ? 0 : listing.Whole.Min(static name => name.TimeMs);
            _newestMs = listing.Whole.Count == 0 ? 0 : listing.Whole[0].TimeMs;
            _bytes = listing.Bytes;
        }
    }

    /// <summary>When the newest copy was taken, in ms of the state; 0: this leadership knows of none.</summary>
    public long NewestMs(Lead lead)
    {
        lock (_lock)
        {
            return lead.Term == _term ? _newestMs : 0;
        }
    }

    /// <summary>Of all copies together, as far as this leadership knows.</summary>
    public long Bytes(Lead lead)
    {
        lock (_lock)
        {
            return lead.Term == _term ? _bytes : 0;
        }
    }

    /// <summary>
    /// Objects may be deleted that nothing has named since before this, in ms of the state; null: any. 0, none, until this leadership has listed
    /// the copies, and as long as there is none: the first may be under way.
    /// </summary>
    public long? ObjectsUnreferencedBeforeMs(Lead? lead)
    {
        lock (_lock)
        {
            return !_enabled ? null : lead is not null && lead.Term == _term ? _oldestMs : 0;
        }
    }
}
