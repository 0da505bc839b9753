"""What the scripts of this folder share: the message classes, from serialized FileDescriptorProtos that the tests write."""
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory


def load(*paths):
    pool = descriptor_pool.DescriptorPool()
    classes = {}
    for path in paths:
        with open(path, "rb") as file:
            proto = descriptor_pb2.FileDescriptorProto.FromString(file.read())
        pool.Add(proto)
        for message in proto.message_type:
            descriptor = pool.FindMessageTypeByName(f"{proto.package}.{message.name}")
            create = getattr(message_factory, "GetMessageClass", None) or message_factory.MessageFactory(pool).GetPrototype
            classes[message.name] = create(descriptor)
    return classes
