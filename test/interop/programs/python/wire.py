"""The little of protobuf's wire format that the messages of the smoke test need, so that no compiler is needed."""


def varint(data, at):
    value, shift = 0, 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def signed(value):
    return value - (1 << 64) if value >= 1 << 63 else value


def fields(data):
    """Yields (number, value) in order; the value is an int or bytes."""
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        if tag & 7 == 0:
            value, at = varint(data, at)
        elif tag & 7 == 2:
            length, at = varint(data, at)
            value, at = data[at:at + length], at + length
            if len(value) < length:
                raise ValueError("a field is cut off")
        else:
            raise ValueError(f"wire type {tag & 7} is not used here")
        yield tag >> 3, value


def encode(*numbered):
    """A message of varint fields; those that are zero are left out."""
    out = bytearray()
    for number, value in numbered:
        if value == 0:
            continue
        for part in (number << 3, value & 0xFFFFFFFFFFFFFFFF):
            while part > 0x7F:
                out.append(part & 0x7F | 0x80)
                part >>= 7
            out.append(part)
    return bytes(out)
