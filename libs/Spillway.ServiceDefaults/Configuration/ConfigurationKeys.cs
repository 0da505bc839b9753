using System.Collections;
using System.ComponentModel;
using System.Reflection;

namespace Spillway.ServiceDefaults.Configuration;

/// <summary>Every key that the modules of this process understand, as a tree; filled by the modules, read once at start.</summary>
internal sealed class ConfigurationKeys
{
    public ConfigurationKey Root { get; } = new();

    public void Add(string section, Type optionsType)
    {
        var node = Root;
        foreach (var part in section.Split(':'))
        {
            node = node.GetOrAdd(part);
        }

        AddProperties(node, optionsType);
    }

    private static void AddProperties(ConfigurationKey node, Type type)
    {
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            if (property.GetIndexParameters().Length == 0 && (property.CanWrite || !IsScalar(property.PropertyType)))
            {
                AddValue(node.GetOrAdd(property.Name), property.PropertyType);
            }
        }
    }

    private static void AddValue(ConfigurationKey node, Type type)
    {
        if (IsScalar(type))
        {
            return;
        }

        if (FindItemType(type) is { } item)
        {
            node.AnyChild ??= new ConfigurationKey();
            AddValue(node.AnyChild, item);
        }
        else
        {
            AddProperties(node, type);
        }
    }

    /// <summary>The value type of a dictionary, the item type of another collection, null for anything else.</summary>
    private static Type? FindItemType(Type type)
    {
        if (type.IsArray)
        {
            return type.GetElementType();
        }

        return typeof(IEnumerable).IsAssignableFrom(type) && type.IsGenericType ? type.GetGenericArguments()[^1] : null;
    }

    private static bool IsScalar(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type.IsPrimitive || type.IsEnum || type == typeof(string) || type == typeof(TimeSpan) || type == typeof(decimal)
            || (FindItemType(type) is null && TypeDescriptor.GetConverter(type).CanConvertFrom(typeof(string)));
    }
}
