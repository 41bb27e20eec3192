package millrace.flink;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.locks.LockSupport;
import org.apache.flink.streaming.api.functions.source.SourceFunction;

/**
 * Greetings at the rate of the phase, over a number of addresses in turn. What it says is when the message was due, so a
 * source that is held back makes messages late instead of few.
 */
final class LoadSource implements SourceFunction<Command> {
  private static final int BATCH = 16;
  private final String target;
  private final int addresses;
  private volatile boolean running = true;

  LoadSource(String target, int addresses) {
    this.target = target;
    this.addresses = addresses;
  }

  @Override
  public void run(SourceContext<Command> context) {
    Phases.ready = true;
    long sent = 0;
    long rate = -1;
    long startedAt = 0;
    for (long number = 0; running; ) {
      if (rate != Phases.rate) {
        rate = Phases.rate;
        startedAt = System.nanoTime();
        sent = 0;
      }
      long now = System.nanoTime();
      long due = rate > 0 ? (long) ((now - startedAt) / 1e9 * rate) : rate == 0 ? sent + BATCH : sent;
      if (due == sent) LockSupport.parkNanos(100_000);
      for (; sent < due; sent++, number++) {
        long dueAt = rate > 0 ? startedAt + (long) (sent * 1e9 / rate) : System.nanoTime();
        Command command = Command.of(target, "a" + number % addresses, "io.statefun.types/string", text(dueAt));
        synchronized (context.getCheckpointLock()) {
          context.collect(command);
        }
      }
    }
  }

  /** A StringWrapper of a number: its digits behind tag and length. */
  private static byte[] text(long value) {
    byte[] digits = Long.toString(value).getBytes(StandardCharsets.US_ASCII);
    byte[] wrapped = new byte[digits.length + 2];
    wrapped[0] = 0x0a;
    wrapped[1] = (byte) digits.length;
    System.arraycopy(digits, 0, wrapped, 2, digits.length);
    return wrapped;
  }

  @Override
  public void cancel() {
    running = false;
  }
}
