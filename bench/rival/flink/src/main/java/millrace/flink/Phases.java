package millrace.flink;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Which load there is now, and what has been measured in it. Source, sinks and this live in one JVM, so they share it by
 * static fields; times are of one clock.
 */
final class Phases {
  /** Messages a second; 0 is as many as are taken, below 0 is none. */
  static volatile long rate = -1;
  static volatile boolean ready;
  /** All records that sinks have had, and the sum of what the functions have counted by address. */
  static final AtomicLong RECORDS = new AtomicLong();
  static final AtomicLong COUNTED = new AtomicLong();
  static final Latencies PROCESSED = new Latencies();
  static final Latencies COMMITTED = new Latencies();

  private Phases() {}

  static void begin(String phases) {
    Thread thread = new Thread(() -> run(phases), "phases");
    thread.setDaemon(true);
    thread.start();
  }

  private static void run(String phases) {
    try {
      while (!ready) Thread.sleep(10);
      System.out.println("ready");
      for (String phase : phases.split(",")) {
        String[] parts = phase.split(":");
        rate = Long.parseLong(parts[0]);
        Thread.sleep((long) (Double.parseDouble(parts[1]) * 1000));
        PROCESSED.clear();
        COMMITTED.clear();
        long startedAt = System.nanoTime();
        Thread.sleep((long) (Double.parseDouble(parts[2]) * 1000));
        double seconds = (System.nanoTime() - startedAt) / 1e9;
        System.out.println("phase " + rate + " " + seconds + " " + PROCESSED.report() + " " + COMMITTED.report());
        rate = -1;
        settle();
      }
      System.out.println("total " + RECORDS.get() + " " + COUNTED.get());
      System.out.flush();
      Runtime.getRuntime().halt(0);
    } catch (InterruptedException error) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits until nothing has come for half a second. */
  private static void settle() throws InterruptedException {
    for (long before = -1; before != RECORDS.get(); Thread.sleep(500)) before = RECORDS.get();
  }

  /** How long records took, in nanoseconds. */
  static final class Latencies {
    private long[] values = new long[1 << 16];
    private int count;

    synchronized void add(long nanos) {
      if (count == values.length) values = Arrays.copyOf(values, 2 * count);
      values[count++] = nanos;
    }

    synchronized void clear() {
      count = 0;
    }

    /** Number, then 50, 99, and 99.9 per cent in microseconds. */
    synchronized String report() {
      long[] sorted = Arrays.copyOf(values, count);
      Arrays.sort(sorted);
      StringBuilder text = new StringBuilder().append(count);
      for (double part : new double[] {0.5, 0.99, 0.999}) {
        text.append(' ').append(count == 0 ? 0 : sorted[(int) Math.min(count - 1, count * part)] / 1000);
      }
      return text.toString();
    }
  }
}
