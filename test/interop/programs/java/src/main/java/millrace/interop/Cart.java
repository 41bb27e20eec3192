package millrace.interop;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.apache.flink.statefun.sdk.java.AddressScopedStorage;
import org.apache.flink.statefun.sdk.java.Context;
import org.apache.flink.statefun.sdk.java.StatefulFunction;
import org.apache.flink.statefun.sdk.java.StatefulFunctionSpec;
import org.apache.flink.statefun.sdk.java.TypeName;
import org.apache.flink.statefun.sdk.java.ValueSpec;
import org.apache.flink.statefun.sdk.java.io.KafkaEgressMessage;
import org.apache.flink.statefun.sdk.java.message.Message;
import org.apache.flink.statefun.sdk.java.message.MessageBuilder;

/** What one user has taken. */
final class Cart implements StatefulFunction {
  private static final TypeName TYPE = TypeName.typeNameFromString("shop.fns/cart");
  private static final TypeName RECEIPTS = TypeName.typeNameFromString("shop.fns/receipts");
  private static final ValueSpec<String> BASKET =
      ValueSpec.named("basket").thatExpireAfterWrite(Duration.ofDays(1)).withUtf8StringType();
  private static final ValueSpec<Integer> WAITING = ValueSpec.named("waiting").withIntType();
  private static final ValueSpec<Boolean> LEAVING = ValueSpec.named("leaving").withBooleanType();

  static final StatefulFunctionSpec SPEC =
      StatefulFunctionSpec.builder(TYPE)
          .withValueSpecs(BASKET, WAITING, LEAVING)
          .withSupplier(Cart::new)
          .build();

  @Override
  public CompletableFuture<Void> apply(Context context, Message message) {
    AddressScopedStorage storage = context.storage();
    int waiting = storage.get(WAITING).orElse(0);
    String[] words = message.asUtf8String().split(" ");
    switch (words[0]) {
      case "add":
        storage.set(WAITING, ++waiting);
        send(context, words[1], "request " + words[2]);
        break;
      case "available":
        storage.set(WAITING, --waiting);
        put(context, words[1], Integer.parseInt(words[2]));
        break;
      case "missing":
        storage.set(WAITING, --waiting);
        receipt(context, "misses " + words[1] + ":" + words[2]);
        break;
      case "checkout":
        storage.set(LEAVING, true);
        break;
      case "clear":
      case "forget":
        items(context).forEach((item, count) -> send(context, item, "restock " + count));
        empty(context);
        break;
      default:
        throw new IllegalArgumentException("unknown: " + words[0]);
    }
    if (storage.get(LEAVING).orElse(false) && waiting == 0) {
      receipt(context, "buys " + storage.get(BASKET).filter(text -> !text.isEmpty()).orElse("nothing"));
      empty(context);
      storage.remove(LEAVING);
    }
    return context.done();
  }

  private static void send(Context context, String item, String text) {
    context.send(MessageBuilder.forAddress(Stock.TYPE, item).withValue(text).build());
  }

  private static Map<String, Integer> items(Context context) {
    Map<String, Integer> items = new LinkedHashMap<>();
    for (String entry : context.storage().get(BASKET).orElse("").split(",")) {
      String[] parts = entry.split(":");
      if (parts.length == 2) items.put(parts[0], Integer.parseInt(parts[1]));
    }
    return items;
  }

  private static void put(Context context, String item, int count) {
    Map<String, Integer> items = items(context);
    if (items.isEmpty()) {
      Message forget = MessageBuilder.forAddress(context.self()).withValue("forget").build();
      context.sendAfter(Duration.ofMinutes(10), "forget", forget);
    }
    items.merge(item, count, Integer::sum);
    context.storage().set(BASKET, items.entrySet().stream()
        .map(entry -> entry.getKey() + ":" + entry.getValue()).collect(Collectors.joining(",")));
  }

  private static void empty(Context context) {
    if (items(context).isEmpty()) return;
    context.cancelDelayedMessage("forget");
    context.storage().remove(BASKET);
  }

  private static void receipt(Context context, String text) {
    String user = context.self().id();
    context.send(KafkaEgressMessage.forEgress(RECEIPTS)
        .withTopic("receipts").withUtf8Key(user).withUtf8Value(user + " " + text).build());
  }
}
