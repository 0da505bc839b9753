namespace Spillway.Kafka.Wire;

// tagged fields = uvarint count, then per field: uvarint tag, uvarint size, value of that size (KIP-482).
public ref partial struct WireReader
{
    /// <summary>Reads how many tagged fields follow.</summary>
    public int ReadTagCount()
    {
        var count = ReadUnsignedVarint();

        // A tagged field has at least a tag and a size, one byte each.
        if (count > (uint)Remaining / 2)
        {
            MalformedMessageException.ThrowLength(_position, count, Remaining);
        }

        return (int)count;
    }

    /// <summary>Reads a tag and its value's size; returns the position where the value ends.</summary>
    public int ReadTagHeader(out uint tag)
    {
        tag = ReadUnsignedVarint();
        var size = ReadUnsignedVarint();
        if (size > (uint)Remaining)
        {
            MalformedMessageException.ThrowLength(_position, size, Remaining);
        }

        return _position + (int)size;
    }

    /// <summary>Skips the value of a tag that this version of the protocol does not know.</summary>
    public void SkipTo(int end) => Take(end - _position);

    /// <summary>Checks that a tagged field's value was as long as announced.</summary>
    public readonly void EndTag(int end)
    {
        if (_position != end)
        {
            MalformedMessageException.ThrowTagSize(_position, end);
        }
    }

    /// <summary>Skips a section in which no tag is known.</summary>
    public void SkipTaggedFields()
    {
        for (var tags = ReadTagCount(); tags > 0; tags--)
        {
            SkipTo(ReadTagHeader(out _));
        }
    }
}
