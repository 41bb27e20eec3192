package millrace.interop;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.statefun.sdk.java.Context;
import org.apache.flink.statefun.sdk.java.StatefulFunction;
import org.apache.flink.statefun.sdk.java.StatefulFunctionSpec;
import org.apache.flink.statefun.sdk.java.TypeName;
import org.apache.flink.statefun.sdk.java.ValueSpec;
import org.apache.flink.statefun.sdk.java.message.EgressMessageBuilder;
import org.apache.flink.statefun.sdk.java.message.Message;

/** Says how often it has been called. */
final class Greeter implements StatefulFunction {
  private static final TypeName GREETINGS = TypeName.typeNameFromString("greeter.fns/greetings");
  private static final ValueSpec<Integer> SEEN =
      ValueSpec.named("seen").thatExpiresAfterCall(Duration.ofDays(1)).withIntType();

  static final StatefulFunctionSpec SPEC =
      StatefulFunctionSpec.builder(TypeName.typeNameFromString("greeter.fns/greeter"))
          .withValueSpec(SEEN)
          .withSupplier(Greeter::new)
          .build();

  @Override
  public CompletableFuture<Void> apply(Context context, Message message) {
    int seen = context.storage().get(SEEN).orElse(0) + 1;
    context.storage().set(SEEN, seen);
    String text = message.asUtf8String() + " " + context.self().id() + ", " + seen;
    context.send(EgressMessageBuilder.forEgress(GREETINGS).withValue(text).build());
    return context.done();
  }
}
