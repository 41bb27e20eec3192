package millrace.flink;

import com.google.protobuf.ByteString;
import java.util.Map;
import org.apache.flink.statefun.flink.io.datastream.SinkFunctionSpec;
import org.apache.flink.statefun.flink.io.datastream.SourceFunctionSpec;
import org.apache.flink.statefun.sdk.FunctionType;
import org.apache.flink.statefun.sdk.io.EgressIdentifier;
import org.apache.flink.statefun.sdk.io.IngressIdentifier;
import org.apache.flink.statefun.sdk.io.Router;
import org.apache.flink.statefun.sdk.reqreply.generated.TypedValue;
import org.apache.flink.statefun.sdk.spi.StatefulFunctionModule;

/**
 * One ingress, its router, and the egresses that were asked for. Functions are remote and come from a module.yaml, but
 * for the one of all-to-all.
 */
public final class InteropModule implements StatefulFunctionModule {
  private static final IngressIdentifier<Command> COMMANDS =
      new IngressIdentifier<>(Command.class, "millrace", "commands");

  @Override
  public void configure(Map<String, String> ours, Binder binder) {
    if (ours.containsKey("millrace.all-to-all")) {
      int entities = Integer.parseInt(ours.get("millrace.entities"));
      AllToAll.bind(binder, entities, Integer.parseInt(ours.get("millrace.inflight")));
      return;
    }
    boolean loaded = ours.containsKey("millrace.phases");
    binder.bindIngress(
        new SourceFunctionSpec<>(
            COMMANDS,
            loaded
                ? new LoadSource(ours.get("millrace.target"), Integer.parseInt(ours.get("millrace.addresses")))
                : new LineSource()));
    binder.bindIngressRouter(COMMANDS, InteropModule::route);
    for (String egress : ours.getOrDefault("millrace.egresses", "").split(",")) {
      int slash = egress.lastIndexOf('/');
      if (slash < 0) continue;
      EgressIdentifier<TypedValue> id =
          new EgressIdentifier<>(egress.substring(0, slash), egress.substring(slash + 1), TypedValue.class);
      binder.bindEgress(new SinkFunctionSpec<>(id, loaded ? new MeterSink() : new LineSink(egress)));
    }
  }

  /** StateFun's types want messages of the ingress' own type; what it delivers may be any protobuf message. */
  @SuppressWarnings({"unchecked", "rawtypes"})
  private static void route(Command command, Router.Downstream downstream) {
    TypedValue value =
        TypedValue.newBuilder()
            .setTypename(command.valueType)
            .setHasValue(true)
            .setValue(ByteString.copyFrom(command.value))
            .build();
    downstream.forward(new FunctionType(command.namespace, command.name), command.id, value);
  }
}
