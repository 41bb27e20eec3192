package millrace.flink;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.Base64;
import org.apache.flink.streaming.api.functions.source.SourceFunction;

/** Lines of the standard input: `function id type-of-the-value base64`. Says `ready` first; the process ends with it. */
final class LineSource implements SourceFunction<Command> {
  @Override
  public void run(SourceContext<Command> context) throws Exception {
    System.out.println("ready");
    BufferedReader reader = new BufferedReader(new InputStreamReader(System.in));
    for (String line; (line = reader.readLine()) != null; ) {
      String[] words = line.split(" ");
      byte[] value = words.length > 3 ? Base64.getDecoder().decode(words[3]) : new byte[0];
      synchronized (context.getCheckpointLock()) {
        context.collect(Command.of(words[0], words[1], words[2], value));
      }
    }
    Runtime.getRuntime().halt(0);
  }

  @Override
  public void cancel() {}
}
