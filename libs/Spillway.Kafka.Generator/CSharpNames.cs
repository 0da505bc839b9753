namespace Spillway.Kafka.Generator;

/// <summary>Names of schema things in C#.</summary>
internal static class CSharpNames
{
    public static bool IsIdentifier(string name) =>
        name.Length > 0 && char.IsUpper(name[0]) && name.All(c => c < 128 && char.IsLetterOrDigit(c));

    /// <summary><c>NOT_LEADER_OR_FOLLOWER</c> is <c>NotLeaderOrFollower</c>.</summary>
    public static string Pascal(string upperSnake) => string.Concat(
        upperSnake.Split('_')
            .Where(w => w.Length > 0)
            .Select(w => char.ToUpperInvariant(w[0]) + w.Substring(1).ToLowerInvariant()));

    /// <summary>The field behind a property.</summary>
    public static string Backing(string property) => "_" + char.ToLowerInvariant(property[0]) + property.Substring(1);
}
