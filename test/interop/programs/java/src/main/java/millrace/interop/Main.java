package millrace.interop;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.Executors;
import org.apache.flink.statefun.sdk.java.StatefulFunctions;
import org.apache.flink.statefun.sdk.java.handler.RequestReplyHandler;
import org.apache.flink.statefun.sdk.java.slice.Slice;
import org.apache.flink.statefun.sdk.java.slice.Slices;

/** Serves the functions with the web server of the JDK. */
public final class Main {
  public static void main(String[] args) throws IOException {
    StatefulFunctions functions = new StatefulFunctions();
    functions.withStatefulFunction(Greeter.SPEC);
    functions.withStatefulFunction(Stock.SPEC);
    functions.withStatefulFunction(Cart.SPEC);
    functions.withStatefulFunction(Interpreter.SPEC);
    RequestReplyHandler handler = functions.requestReplyHandler();
    int port = args.length > 0 ? Integer.parseInt(args[0]) : 0;
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 1024);
    server.setExecutor(Executors.newFixedThreadPool(16));
    server.createContext("/", exchange -> serve(handler, exchange));
    server.start();
    System.out.println("listening on " + server.getAddress().getPort());
    while (System.in.read() >= 0) {}
    System.exit(0);
  }

  private static void serve(RequestReplyHandler handler, HttpExchange exchange) throws IOException {
    byte[] request = exchange.getRequestBody().readAllBytes();
    try {
      Slice answer = handler.handle(Slices.wrap(request)).get();
      byte[] bytes = answer.toByteArray();
      exchange.getResponseHeaders().set("Content-Type", "application/octet-stream");
      exchange.sendResponseHeaders(200, bytes.length == 0 ? -1 : bytes.length);
      exchange.getResponseBody().write(bytes);
    } catch (Throwable error) {
      System.err.println(error);
      exchange.sendResponseHeaders(500, -1);
    }
    exchange.close();
  }
}
