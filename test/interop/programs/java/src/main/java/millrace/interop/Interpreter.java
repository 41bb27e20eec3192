package millrace.interop;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.apache.flink.statefun.sdk.java.Context;
import org.apache.flink.statefun.sdk.java.StatefulFunction;
import org.apache.flink.statefun.sdk.java.StatefulFunctionSpec;
import org.apache.flink.statefun.sdk.java.TypeName;
import org.apache.flink.statefun.sdk.java.ValueSpec;
import org.apache.flink.statefun.sdk.java.message.EgressMessageBuilder;
import org.apache.flink.statefun.sdk.java.message.Message;
import org.apache.flink.statefun.sdk.java.message.MessageBuilder;
import org.apache.flink.statefun.sdk.java.types.SimpleType;
import org.apache.flink.statefun.sdk.java.types.Type;

/** StateFun's smoke test: carries out the commands that a message consists of. */
final class Interpreter implements StatefulFunction {
  private static final TypeName TYPE = named("command-interpreter-fn");
  private static final Type<byte[]> SOURCE_COMMAND = rawType("source-command");
  private static final Type<byte[]> COMMANDS = rawType("commands");
  private static final Type<byte[]> VERIFICATION = rawType("verification-result");
  private static final ValueSpec<Long> STATE = ValueSpec.named("state").withLongType();
  private static final Executor LATER = CompletableFuture.delayedExecutor(1, TimeUnit.MILLISECONDS);

  static final StatefulFunctionSpec SPEC =
      StatefulFunctionSpec.builder(TYPE).withValueSpec(STATE).withSupplier(Interpreter::new).build();

  private static TypeName named(String name) {
    return TypeName.typeNameOf("statefun.smoke.e2e", name);
  }

  private static Type<byte[]> rawType(String name) {
    return SimpleType.simpleImmutableTypeFrom(named(name), bytes -> bytes, bytes -> bytes);
  }

  @Override
  public CompletableFuture<Void> apply(Context context, Message message) {
    byte[] bytes = message.rawValue().toByteArray();
    return carryOut(context, message.is(SOURCE_COMMAND) ? Wire.bytes(Wire.fields(bytes), 2) : bytes);
  }

  private CompletableFuture<Void> carryOut(Context context, byte[] commands) {
    CompletableFuture<Void> done = CompletableFuture.completedFuture(null);
    for (Wire.Field command : Wire.fields(commands)) {
      for (Wire.Field kind : Wire.fields(command.bytes)) {
        done = done.thenCompose(nothing -> carryOutOne(context, kind.number, Wire.fields(kind.bytes)));
      }
    }
    return done;
  }

  private CompletableFuture<Void> carryOutOne(Context context, int kind, List<Wire.Field> given) {
    long count = context.storage().get(STATE).orElse(0L);
    if (kind == 1) context.storage().set(STATE, count + 1);
    else if (kind == 2) context.send(onward(given));
    else if (kind == 3) sendLater(context, given);
    else if (kind == 4) {
      context.send(EgressMessageBuilder.forEgress(named("discard-sink")).withValue("discarded-message").build());
    } else if (kind == 5) {
      byte[] commands = Wire.bytes(given, 2);
      return CompletableFuture.runAsync(() -> {}, LATER).thenCompose(nothing -> carryOut(context, commands));
    } else if (kind == 6) {
      byte[] result = Wire.encode(Long.parseLong(context.self().id()), Wire.number(given, 1), count);
      context.send(
          EgressMessageBuilder.forEgress(named("verification-sink")).withCustomType(VERIFICATION, result).build());
    } else if (kind == 7) context.cancelDelayedMessage(text(given, 2));
    return CompletableFuture.completedFuture(null);
  }

  private static String text(List<Wire.Field> given, int number) {
    return new String(Wire.bytes(given, number), StandardCharsets.UTF_8);
  }

  private static Message onward(List<Wire.Field> given) {
    String id = Long.toString(Wire.number(given, 1));
    return MessageBuilder.forAddress(TYPE, id).withCustomType(COMMANDS, Wire.bytes(given, 2)).build();
  }

  private static void sendLater(Context context, List<Wire.Field> given) {
    String token = text(given, 3);
    if (token.isEmpty()) context.sendAfter(Duration.ofMillis(1), onward(given));
    else context.sendAfter(Duration.ofMinutes(10), token, onward(given));
  }
}
