using System.Collections;

namespace Spillway.Rpc;

/// <summary>
/// The headers of a call: names are lower-case ASCII, values printable ASCII, or bytes where the name ends in <c>-bin</c>
/// (base64 on the wire). Names that gRPC or HTTP use themselves are refused. Not thread-safe.
/// </summary>
public sealed class RpcMetadata : IEnumerable<KeyValuePair<string, string>>
{
    internal const string OwnPrefix = "spillway-";

    private readonly List<KeyValuePair<string, string>> _entries = [];

    /// <summary>How many entries there are.</summary>
    public int Count => _entries.Count;

    /// <summary>Adds a text entry; a name may occur more than once.</summary>
    public void Add(string name, string value)
    {
        if (!IsName(name) || GrpcHeaders.IsReserved(name) || name.EndsWith("-bin", StringComparison.Ordinal))
        {
            throw new ArgumentException($"'{name}' cannot name a text entry.", nameof(name));
        }
        foreach (var c in value)
        {
            if (c is < ' ' or > '~')
            {
                throw new ArgumentException($"The value of '{name}' is not printable ASCII.", nameof(value));
            }
        }
        _entries.Add(new(name, value));
    }

    /// <summary>Adds a binary entry, whose name must end in <c>-bin</c>.</summary>
    public void AddBinary(string name, ReadOnlySpan<byte> value)
    {
        if (!IsName(name) || GrpcHeaders.IsReserved(name) || !name.EndsWith("-bin", StringComparison.Ordinal))
        {
            throw new ArgumentException($"'{name}' cannot name a binary entry.", nameof(name));
        }
        // Without padding, as the protocol asks of senders.
        _entries.Add(new(name, Convert.ToBase64String(value).TrimEnd('=')));
    }

    /// <summary>The first text of that name, or null.</summary>
    public string? Find(string name)
    {
        foreach (var entry in _entries)
        {
            if (entry.Key == name)
            {
                return entry.Value;
            }
        }
        return null;
    }

    /// <summary>The first bytes of that name; null where there are none or they are not base64.</summary>
    public byte[]? FindBinary(string name)
    {
        if (Find(name) is not { } text)
        {
            return null;
        }
        var padded = text.PadRight((text.Length + 3) / 4 * 4, '=');
        var bytes = new byte[padded.Length / 4 * 3];
        return Convert.TryFromBase64String(padded, bytes, out var length) ? bytes[..length] : null;
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, string>> GetEnumerator() => _entries.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Takes an entry as it came from the wire, unchecked.</summary>
    internal void AddReceived(string name, string value) => _entries.Add(new(name, value));

    private static bool IsName(string name)
    {
        foreach (var c in name)
        {
            if (!(char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_' or '.'))
            {
                return false;
            }
        }
        return name.Length > 0;
    }
}
