using System.Text.RegularExpressions;

namespace Spillway.Tidy.Tests.Rules;

/// <summary>One top-level type a file, and the file has its name (<c>Type.cs</c>, <c>Type.Aspect.cs</c>, <c>Type{T}.cs</c>).</summary>
internal static partial class OneTypeAFile
{
    public static string? Find(RepositoryFile file)
    {
        if (!file.IsCSharp)
        {
            return null;
        }

        var names = TypePattern().Matches(file.Text).Select(type => type.Groups["name"].Value).Distinct(StringComparer.Ordinal).ToArray();
        if (names.Length > 1)
        {
            return $"{file.Path}: {string.Join(", ", names)} want a file each";
        }

        return names.Length == 1 && file.Name.Split('.', '{')[0] != names[0]
            ? $"{file.Path}: holds {names[0]} and should have its name"
            : null;
    }

    // Namespaces are file-scoped, so a top-level type begins in the first column.
    [GeneratedRegex(@"^(?:(?:public|internal|file|sealed|static|abstract|partial|readonly|ref|unsafe)\s+)*(?:class|struct|interface|enum|delegate\s+\S+|record(?:\s+(?:class|struct))?)\s+(?<name>\w+)", RegexOptions.Multiline)]
    private static partial Regex TypePattern();
}
