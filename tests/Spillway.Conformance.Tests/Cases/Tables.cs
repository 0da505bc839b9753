using System.Reflection;

namespace Spillway.Conformance.Tests.Cases;

/// <summary>All tables of this suite: the static fields of its test classes.</summary>
internal static class Tables
{
    public static IReadOnlyList<IApiCases> All { get; } =
    [
        .. typeof(Tables).Assembly.GetTypes()
            .Where(static type => !type.ContainsGenericParameters)
            .SelectMany(static type => type.GetFields(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Where(static field => field.FieldType.IsAssignableTo(typeof(IApiCases)))
            .Select(static field => (IApiCases)field.GetValue(null)!),
    ];
}
