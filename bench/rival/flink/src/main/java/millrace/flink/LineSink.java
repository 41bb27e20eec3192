package millrace.flink;

import java.util.Base64;
import org.apache.flink.statefun.sdk.reqreply.generated.TypedValue;
import org.apache.flink.streaming.api.functions.sink.SinkFunction;

/** Records as lines of the standard output: `record egress type base64`. */
final class LineSink implements SinkFunction<TypedValue> {
  private final String egress;

  LineSink(String egress) {
    this.egress = egress;
  }

  @Override
  public void invoke(TypedValue record, Context context) {
    String bytes = Base64.getEncoder().encodeToString(record.getValue().toByteArray());
    System.out.println("record " + egress + " " + record.getTypename() + " " + bytes);
  }
}
