using System.Text;

namespace Spillway.ProtocolFrontend.Connections;

/// <summary>
/// Gives the same string for the same UTF-8 bytes as long as few different ones come: a client names the same topics again and
/// again. Bounded; not thread-safe.
/// </summary>
internal sealed class InternedNames
{
    private const int Slots = 32;

    private readonly (byte[] Utf8, string Text)[] _slots = new (byte[] Utf8, string Text)[Slots];

    public string Get(ReadOnlySpan<byte> utf8)
    {
        var hash = default(HashCode);
        hash.AddBytes(utf8);
        ref var slot = ref _slots[(uint)hash.ToHashCode() % Slots];
        if (slot.Text is null || !utf8.SequenceEqual(slot.Utf8))
        {
            slot = (utf8.ToArray(), Encoding.UTF8.GetString(utf8));
        }

        return slot.Text;
    }
}
