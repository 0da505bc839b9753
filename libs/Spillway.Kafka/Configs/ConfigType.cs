namespace Spillway.Kafka.Configs;

/// <summary>The type of a config's value, numbered as DescribeConfigs answers it.</summary>
public enum ConfigType
{
    /// <summary>true or false.</summary>
    Boolean = 1,

    /// <summary>Text.</summary>
    String = 2,

    /// <summary>A 32-bit number.</summary>
    Int = 3,

    /// <summary>A 16-bit number.</summary>
    Short = 4,

    /// <summary>A 64-bit number.</summary>
    Long = 5,

    /// <summary>A number with a fraction.</summary>
    Double = 6,

    /// <summary>Texts with commas between them.</summary>
    List = 7,

    /// <summary>The name of a class of Kafka's or of a plug-in.</summary>
    Class = 8,

    /// <summary>Text that is never shown.</summary>
    Password = 9,
}
