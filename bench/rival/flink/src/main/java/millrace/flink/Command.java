package millrace.flink;

/** One message for one function; a plain class with public fields, as Flink wants it. */
public class Command {
  public String namespace;
  public String name;
  public String id;
  public String valueType;
  public byte[] value;

  public Command() {}

  static Command of(String target, String id, String valueType, byte[] value) {
    Command command = new Command();
    int slash = target.lastIndexOf('/');
    command.namespace = target.substring(0, slash);
    command.name = target.substring(slash + 1);
    command.id = id;
    command.valueType = valueType;
    command.value = value;
    return command;
  }
}
