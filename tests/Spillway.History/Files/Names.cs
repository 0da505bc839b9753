using System.Text.Json;

namespace Spillway.History.Files;

/// <summary>The members of an enum as a history spells them: lower case, with dashes.</summary>
internal static class Names<T>
    where T : struct, Enum
{
    private static readonly T[] Members = Enum.GetValues<T>();

    private static readonly JsonEncodedText[] Texts =
        [.. Members.Select(static member => JsonEncodedText.Encode(JsonNamingPolicy.KebabCaseLower.ConvertName(member.ToString())))];

    /// <summary>The enums here count from 0 without a gap.</summary>
    public static JsonEncodedText Of(T member) => Texts[Array.IndexOf(Members, member)];

    public static T Read(ref Utf8JsonReader reader)
    {
        for (var i = 0; i < Texts.Length; i++)
        {
            if (reader.ValueTextEquals(Texts[i].EncodedUtf8Bytes))
            {
                return Members[i];
            }
        }

        throw new JsonException($"no {typeof(T).Name} is called {reader.GetString()}");
    }
}
