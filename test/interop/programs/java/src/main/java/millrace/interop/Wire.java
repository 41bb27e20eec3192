package millrace.interop;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The little of protobuf's wire format that the messages of the smoke test need. */
final class Wire {
  static final class Field {
    final int number;
    final long value;
    final byte[] bytes;

    Field(int number, long value, byte[] bytes) {
      this.number = number;
      this.value = value;
      this.bytes = bytes;
    }
  }

  private final byte[] data;
  private int at;

  private Wire(byte[] data) {
    this.data = data;
  }

  static List<Field> fields(byte[] data) {
    Wire wire = new Wire(data);
    List<Field> all = new ArrayList<>();
    while (wire.at < data.length) {
      int tag = (int) wire.varint();
      long value = wire.varint();
      byte[] bytes = null;
      if ((tag & 7) == 2) {
        if (value > data.length - wire.at) throw new IllegalArgumentException("a field is cut off");
        bytes = Arrays.copyOfRange(data, wire.at, wire.at += (int) value);
      } else if ((tag & 7) != 0) throw new IllegalArgumentException("a wire type that is not used here");
      all.add(new Field(tag >>> 3, value, bytes));
    }
    return all;
  }

  static long number(List<Field> fields, int number) {
    return fields.stream().filter(each -> each.number == number).mapToLong(each -> each.value).findFirst().orElse(0);
  }

  static byte[] bytes(List<Field> fields, int number) {
    return fields.stream()
        .filter(each -> each.number == number).map(each -> each.bytes).findFirst().orElse(new byte[0]);
  }

  /** A message of the varint fields 1, 2, 3, ...; those that are zero are left out. */
  static byte[] encode(long... values) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int index = 0; index < values.length; index++) {
      if (values[index] == 0) continue;
      write(out, (index + 1) << 3);
      write(out, values[index]);
    }
    return out.toByteArray();
  }

  private static void write(ByteArrayOutputStream out, long value) {
    for (; (value & ~0x7FL) != 0; value >>>= 7) out.write((int) (value & 0x7F) | 0x80);
    out.write((int) value);
  }

  private long varint() {
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      byte next = data[at++];
      value |= (long) (next & 0x7F) << shift;
      if (next >= 0) return value;
    }
  }
}
