using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Spillway.ServiceDefaults.Configuration;

/// <summary>Binds a section and says which key could not be read, and what it could look like.</summary>
internal static class OptionsBinding
{
    public static void Bind<TOptions>(TOptions options, IConfiguration configuration, string section)
        where TOptions : class, new()
    {
        try
        {
            configuration.GetSection(section).Bind(options);
        }
        catch (InvalidOperationException exception)
        {
            throw new OptionsValidationException(section, typeof(TOptions), [Explain<TOptions>(exception, configuration, section)]);
        }
    }

    private static string Explain<TOptions>(InvalidOperationException exception, IConfiguration configuration, string section)
        where TOptions : class, new()
    {
        // The binder names the path only in its sentence; find the property by asking for each on its own.
        foreach (var property in typeof(TOptions).GetProperties())
        {
            var key = $"{section}:{property.Name}";
            var value = configuration[key];
            if (value is null || !exception.Message.Contains($"'{key}'", StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            var kind = type.IsEnum ? "one of " + string.Join(", ", Enum.GetNames(type)) : Describe(type);
            var example = property.GetValue(new TOptions()) ?? (type.IsEnum ? Enum.GetNames(type)[0] : null);
            return example is null
                ? $"{key} must be {kind}, not '{value}'"
                : string.Create(CultureInfo.InvariantCulture, $"{key} must be {kind}, not '{value}' (for example {key}={example})");
        }

        return exception.Message;
    }

    private static string Describe(Type type) => Type.GetTypeCode(type) switch
    {
        TypeCode.Boolean => "true or false",
        TypeCode.Int16 or TypeCode.Int32 or TypeCode.Int64 or TypeCode.UInt16 or TypeCode.UInt32 or TypeCode.UInt64 or TypeCode.Byte => "a whole number",
        TypeCode.Single or TypeCode.Double or TypeCode.Decimal => "a number",
        _ when type == typeof(TimeSpan) => "a time as hh:mm:ss",
        _ => "a " + type.Name,
    };
}
