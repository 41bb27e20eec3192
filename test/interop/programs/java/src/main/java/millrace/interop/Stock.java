package millrace.interop;

import java.util.concurrent.CompletableFuture;
import org.apache.flink.statefun.sdk.java.Context;
import org.apache.flink.statefun.sdk.java.StatefulFunction;
import org.apache.flink.statefun.sdk.java.StatefulFunctionSpec;
import org.apache.flink.statefun.sdk.java.TypeName;
import org.apache.flink.statefun.sdk.java.ValueSpec;
import org.apache.flink.statefun.sdk.java.message.Message;
import org.apache.flink.statefun.sdk.java.message.MessageBuilder;

/** What there is of one item. */
final class Stock implements StatefulFunction {
  static final TypeName TYPE = TypeName.typeNameFromString("shop.fns/stock");
  private static final ValueSpec<Integer> INVENTORY = ValueSpec.named("inventory").withIntType();

  static final StatefulFunctionSpec SPEC =
      StatefulFunctionSpec.builder(TYPE).withValueSpec(INVENTORY).withSupplier(Stock::new).build();

  @Override
  public CompletableFuture<Void> apply(Context context, Message message) {
    String[] words = message.asUtf8String().split(" ");
    int count = Integer.parseInt(words[1]);
    int there = context.storage().get(INVENTORY).orElse(0);
    if (words[0].equals("restock")) {
      context.storage().set(INVENTORY, there + count);
      return context.done();
    }
    if (there >= count) context.storage().set(INVENTORY, there - count);
    String answer = (there >= count ? "available " : "missing ") + context.self().id() + " " + count;
    context.send(MessageBuilder.forAddress(context.caller().get()).withValue(answer).build());
    return context.done();
  }
}
