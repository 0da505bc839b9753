using System.Text;

namespace Spillway.Rpc;

/// <summary>The percent encoding of <c>grpc-message</c>: UTF-8, where bytes outside 0x20–0x7E and '%' become %XX.</summary>
internal static class GrpcMessageText
{
    private const int CharsMax = 1024;

    /// <summary>Encodes, cutting very long text: the header block of a trailer is bounded on the other side.</summary>
    public static string Encode(string text)
    {
        if (text.Length > CharsMax)
        {
            // Not between the halves of a surrogate pair.
            text = text[..(char.IsHighSurrogate(text[CharsMax - 1]) ? CharsMax - 1 : CharsMax)];
        }
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~') && !text.Contains('%'))
        {
            return text;
        }
        var encoded = new StringBuilder(text.Length + 16);
        foreach (var b in Encoding.UTF8.GetBytes(text))
        {
            if (b is < 0x20 or > 0x7E or (byte)'%')
            {
                encoded.Append('%').Append(Convert.ToHexString([b]));
            }
            else
            {
                encoded.Append((char)b);
            }
        }
        return encoded.ToString();
    }

    /// <summary>Decodes; what is not valid encoding stays as it is, since a status must not be lost over its text.</summary>
    public static string Decode(string text)
    {
        if (!text.Contains('%'))
        {
            return text;
        }
        var bytes = new byte[Encoding.UTF8.GetMaxByteCount(text.Length)];
        var length = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '%' && i + 2 < text.Length
                && char.IsAsciiHexDigit(text[i + 1]) && char.IsAsciiHexDigit(text[i + 2]))
            {
                bytes[length++] = Convert.FromHexString(text.AsSpan(i + 1, 2))[0];
                i += 2;
            }
            else
            {
                length += Encoding.UTF8.GetBytes(text.AsSpan(i, 1), bytes.AsSpan(length));
            }
        }
        return Encoding.UTF8.GetString(bytes, 0, length);
    }
}
