package millrace.flink;

import java.util.HashMap;
import java.util.Map;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.statefun.flink.core.StatefulFunctionsConfig;
import org.apache.flink.statefun.flink.core.StatefulFunctionsJob;
import org.apache.flink.statefun.flink.core.spi.Modules;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * Starts a StateFun job on a cluster within this process. Arguments are `key=value`: first those of Flink and StateFun
 * by their own names, then ours, which begin with `millrace.`:
 *
 * <pre>
 *   millrace.egresses=NAMESPACE/NAME,...   egresses whose records are told to the standard output
 *   millrace.phases=RATE:WARM:SECONDS,...  load instead of the standard input: messages/s (0: as many as are taken),
 *                                          seconds that are not counted, seconds that are
 *   millrace.addresses=N                   over how many addresses the load goes
 *   millrace.target=NAMESPACE/NAME         the function that gets it
 *   millrace.all-to-all=WARM:SECONDS       an embedded function instead of all that, see AllToAll
 *   millrace.entities=N, millrace.inflight=N
 * </pre>
 *
 * The job never ends by itself; the process ends with its standard input, or after the last phase.
 */
public final class Main {
  public static void main(String[] args) throws Exception {
    Map<String, String> ours = new HashMap<>();
    Configuration flink = new Configuration();
    flink.setString(
        "classloader.parent-first-patterns.additional",
        "org.apache.flink.statefun;org.apache.kafka;com.google.protobuf");
    for (String argument : args) {
      int at = argument.indexOf('=');
      String key = argument.substring(0, at);
      String value = argument.substring(at + 1);
      if (key.startsWith("millrace.")) ours.put(key, value);
      else flink.setString(key, value);
    }
    int parallelism = Integer.parseInt(flink.getString("parallelism.default", "2"));
    StreamExecutionEnvironment environment =
        StreamExecutionEnvironment.createLocalEnvironment(parallelism, flink);
    environment.configure(flink, Main.class.getClassLoader());
    StatefulFunctionsConfig config = StatefulFunctionsConfig.fromFlinkConfiguration(flink);
    config.setProvider(
        (loader, given) -> Modules.loadFromClassPath(given).createStatefulFunctionsUniverse());
    config.addAllGlobalConfigurations(ours);
    if (ours.containsKey("millrace.phases")) Phases.begin(ours.get("millrace.phases"));
    if (ours.containsKey("millrace.all-to-all")) {
      String[] parts = ours.get("millrace.all-to-all").split(":");
      AllToAll.begin(Double.parseDouble(parts[0]), Double.parseDouble(parts[1]));
    }
    try {
      StatefulFunctionsJob.main(environment, config);
    } catch (Throwable error) {
      error.printStackTrace();
      System.exit(1);
    }
  }
}
