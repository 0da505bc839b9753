namespace Spillway.Kafka.Generator.Schema;

/// <summary>
/// Reads a message file (proto/kafka/README.md has the format). Every error is collected with its line; a message with an
/// error is left out, so that one mistake yields a diagnostic rather than broken code.
/// </summary>
internal sealed class MessageParser
{
    private readonly List<SchemaError> _errors;
    private readonly List<MessageSchema> _messages = [];

    // The structures that are open, by the indentation of their fields; the message itself is at the bottom.
    private readonly Stack<(int Indent, StructSchema Struct)> _open = new();
    private MessageSchema? _message;

    // The structure that the line before named: it is defined here if deeper lines follow.
    private StructSchema? _candidate;
    private bool _isBroken;

    private MessageParser(List<SchemaError> errors) => _errors = errors;

    public static List<MessageSchema> Parse(string text, List<SchemaError> errors)
    {
        var parser = new MessageParser(errors);
        foreach (var line in SchemaLine.Split(text))
        {
            if (line.Indent == 0)
            {
                parser.Finish();
                parser.StartMessage(line);
            }
            else if (parser._message is not null)
            {
                parser.AddInner(line);
            }
            else if (!parser._isBroken)
            {
                parser.Error(line, "a field before any message");
            }
        }

        parser.Finish();
        return parser._messages;
    }

    private void StartMessage(SchemaLine line)
    {
        _isBroken = false;
        _message = SchemaAttributes.ParseMessage(line, out var problem);
        if (_message is null)
        {
            Error(line, problem!);
            return;
        }

        _candidate = _message.Root;
    }

    private void AddInner(SchemaLine line)
    {
        if (_candidate is not null && (_open.Count == 0 || line.Indent > _open.Peek().Indent))
        {
            Define(line, _candidate);
            _open.Push((line.Indent, _candidate));
        }

        _candidate = null;
        while (_open.Count > 1 && line.Indent < _open.Peek().Indent)
        {
            _open.Pop();
        }

        if (line.Indent != _open.Peek().Indent)
        {
            Error(line, "the indentation fits no structure that is open");
        }
        else if (line.Words[0] == "struct")
        {
            StartStruct(line);
        }
        else
        {
            AddField(line);
        }
    }

    private void Define(SchemaLine line, StructSchema schema)
    {
        if (schema == _message!.Root)
        {
            return;
        }

        if (schema.Name == _message.Name || _message.FindStruct(schema.Name) is not null)
        {
            Error(line, $"{schema.Name} is defined twice in {_message.Name}");
        }

        _message.Structs.Add(schema);
    }

    private void StartStruct(SchemaLine line)
    {
        if (_open.Count != 1 || line.Words.Length != 2 || !CSharpNames.IsIdentifier(line.Words[1]))
        {
            Error(line, "expected 'struct NAME' at the level of the message's fields");
            return;
        }

        _candidate = new(line.Words[1], line.Number);
    }

    private void AddField(SchemaLine line)
    {
        var field = SchemaAttributes.ParseField(line, out var problem);
        problem ??= FieldRules.Check(field!);
        if (problem is not null)
        {
            Error(line, problem);
            return;
        }

        var owner = _open.Peek().Struct;
        if (owner.Fields.Exists(f => f.Name == field!.Name || (f.Tag is not null && f.Tag == field.Tag)))
        {
            Error(line, $"{owner.Name} has the name or tag of {field!.Name} twice");
            return;
        }

        owner.Fields.Add(field!);
        if (field!.StructName is not null)
        {
            _candidate = new(field.StructName, line.Number);
        }
    }

    private void Finish()
    {
        if (_message is not null && !_isBroken)
        {
            var count = _errors.Count;
            MessageBinder.Bind(_message, _errors);
            if (_errors.Count == count)
            {
                _messages.Add(_message);
            }
        }

        _message = null;
        _candidate = null;
        _open.Clear();
    }

    private void Error(SchemaLine line, string problem)
    {
        _isBroken = true;
        _errors.Add(new(line.Number, problem));
    }
}
