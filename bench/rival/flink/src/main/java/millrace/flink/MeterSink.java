package millrace.flink;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.statefun.sdk.reqreply.generated.TypedValue;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.api.common.state.CheckpointListener;
import org.apache.flink.streaming.api.functions.sink.SinkFunction;

/**
 * Measures how long a greeting took: until its record came here, and until the checkpoint that holds it was complete,
 * which is when an exactly-once sink would let it go.
 */
final class MeterSink implements SinkFunction<TypedValue>, CheckpointedFunction, CheckpointListener {
  private transient Map<String, Long> counted;
  /** When the records since the last snapshot were due; and those of each snapshot that is not complete yet. */
  private transient ArrayDeque<Long> open;
  private transient TreeMap<Long, ArrayDeque<Long>> sealed;

  @Override
  public void initializeState(FunctionInitializationContext context) {
    counted = new HashMap<>();
    open = new ArrayDeque<>();
    sealed = new TreeMap<>();
  }

  @Override
  public void invoke(TypedValue record, Context context) {
    byte[] bytes = record.getValue().toByteArray();
    // "<due at> <address>, <count>" in a StringWrapper that is shorter than 128 bytes
    String[] words = new String(bytes, 2, bytes.length - 2, StandardCharsets.UTF_8).split(" ");
    long dueAt = Long.parseLong(words[0]);
    long count = Long.parseLong(words[2]);
    Long before = counted.put(words[1], count);
    Phases.COUNTED.addAndGet(count - (before == null ? 0 : before));
    Phases.RECORDS.incrementAndGet();
    Phases.PROCESSED.add(System.nanoTime() - dueAt);
    open.add(dueAt);
  }

  @Override
  public void snapshotState(FunctionSnapshotContext context) {
    sealed.put(context.getCheckpointId(), open);
    open = new ArrayDeque<>();
  }

  @Override
  public void notifyCheckpointComplete(long checkpoint) {
    long now = System.nanoTime();
    while (!sealed.isEmpty() && sealed.firstKey() <= checkpoint) {
      for (long dueAt : sealed.pollFirstEntry().getValue()) Phases.COMMITTED.add(now - dueAt);
    }
  }
}
