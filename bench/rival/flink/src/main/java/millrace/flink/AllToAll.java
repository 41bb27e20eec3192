package millrace.flink;

import com.google.protobuf.Int32Value;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.apache.flink.statefun.flink.io.datastream.SourceFunctionSpec;
import org.apache.flink.statefun.sdk.Context;
import org.apache.flink.statefun.sdk.FunctionType;
import org.apache.flink.statefun.sdk.StatefulFunction;
import org.apache.flink.statefun.sdk.annotations.Persisted;
import org.apache.flink.statefun.sdk.io.IngressIdentifier;
import org.apache.flink.statefun.sdk.spi.StatefulFunctionModule.Binder;
import org.apache.flink.statefun.sdk.state.PersistedValue;
import org.apache.flink.streaming.api.functions.source.SourceFunction;

/**
 * An embedded function: every message counts at its entity and sends one to an entity at random, so that as many are in
 * flight as have been sent at the beginning. At the end nothing is sent on, and each entity is asked for its count.
 */
final class AllToAll {
  private static final FunctionType TYPE = new FunctionType("bench", "counter");
  private static final IngressIdentifier<Integer> KINDS =
      new IngressIdentifier<>(Integer.class, "bench", "kinds");
  private static final int COUNT = 1;
  private static final int REPORT = 2;
  private static final LongAdder PROCESSED = new LongAdder();
  private static final AtomicLong COUNTED = new AtomicLong();
  private static final AtomicLong REPORTED = new AtomicLong();
  private static volatile boolean ready;
  private static volatile boolean going = true;
  private static volatile boolean reporting;
  private static int entities;

  private AllToAll() {}

  static void bind(Binder binder, int entityCount, int inflight) {
    entities = entityCount;
    binder.bindIngress(new SourceFunctionSpec<>(KINDS, new Source(inflight)));
    binder.bindIngressRouter(KINDS, AllToAll::route);
    binder.bindFunctionProvider(TYPE, type -> new Counter());
  }

  /** `number` says what is meant: below 0 a report of an entity, otherwise a message for one at random. */
  @SuppressWarnings({"unchecked", "rawtypes"})
  private static void route(Integer number, org.apache.flink.statefun.sdk.io.Router.Downstream downstream) {
    int kind = number < 0 ? REPORT : COUNT;
    String id = number < 0 ? Integer.toString(-number - 1) : anybody();
    downstream.forward(TYPE, id, Int32Value.of(kind));
  }

  private static String anybody() {
    return Integer.toString(ThreadLocalRandom.current().nextInt(entities));
  }

  static void begin(double warmSeconds, double seconds) {
    Thread thread = new Thread(() -> run(warmSeconds, seconds), "all-to-all");
    thread.setDaemon(true);
    thread.start();
  }

  private static void run(double warmSeconds, double seconds) {
    try {
      while (!ready) Thread.sleep(10);
      System.out.println("ready");
      Thread.sleep((long) (warmSeconds * 1000));
      long before = PROCESSED.sum();
      long startedAt = System.nanoTime();
      Thread.sleep((long) (seconds * 1000));
      long count = PROCESSED.sum() - before;
      System.out.println("all-to-all " + (System.nanoTime() - startedAt) / 1e9 + " " + count);
      going = false;
      for (long last = -1; last != PROCESSED.sum(); Thread.sleep(500)) last = PROCESSED.sum();
      reporting = true;
      while (REPORTED.get() < entities) Thread.sleep(10);
      System.out.println("total " + PROCESSED.sum() + " " + COUNTED.get());
      System.out.flush();
      Runtime.getRuntime().halt(0);
    } catch (InterruptedException error) {
      Thread.currentThread().interrupt();
    }
  }

  static final class Counter implements StatefulFunction {
    @Persisted private final PersistedValue<Long> count = PersistedValue.of("count", Long.class);

    @Override
    public void invoke(Context context, Object input) {
      long before = count.getOrDefault(0L);
      if (((Int32Value) input).getValue() == REPORT) {
        COUNTED.addAndGet(before);
        REPORTED.incrementAndGet();
        return;
      }
      count.set(before + 1);
      PROCESSED.increment();
      if (going) context.send(TYPE, anybody(), input);
    }
  }

  static final class Source implements SourceFunction<Integer> {
    private final int inflight;
    private volatile boolean running = true;

    Source(int inflight) {
      this.inflight = inflight;
    }

    @Override
    public void run(SourceContext<Integer> context) throws Exception {
      synchronized (context.getCheckpointLock()) {
        for (int number = 0; number < inflight; number++) context.collect(number);
      }
      ready = true;
      while (running && !reporting) Thread.sleep(10);
      for (int number = 0; running && number < entities; number++) {
        synchronized (context.getCheckpointLock()) {
          context.collect(-number - 1);
        }
      }
      while (running) Thread.sleep(10);
    }

    @Override
    public void cancel() {
      running = false;
    }
  }
}
