package io.loadstar.daemon;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.concurrent.CountDownLatch;

/**
 * Waits for SIGTERM or SIGINT. Thread-safe.
 *
 * <p>Left alone, the JVM would exit with 143, which a service manager counts as a failure. The
 * class that handles signals, sun.misc.Signal, is supported (JEP 260), but the compiler warns of it
 * and has no way to be told that it is meant: hence reflection.
 */
final class StopSignal {

  private final CountDownLatch stop = new CountDownLatch(1);

  private StopSignal() {}

  /** Takes the signals over, from now on. */
  static StopSignal install() {
    StopSignal signal = new StopSignal();
    try {
      signal.handle("TERM");
      signal.handle("INT");
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("this Java lacks the module jdk.unsupported", e);
    }
    return signal;
  }

  private void handle(String name) throws ReflectiveOperationException {
    Class<?> signal = Class.forName("sun.misc.Signal");
    Class<?> handler = Class.forName("sun.misc.SignalHandler");
    InvocationHandler countDown =
        (proxy, method, arguments) -> {
          if (!method.getName().equals("handle")) {
            return method.invoke(this, arguments); // equals, hashCode, toString
          }
          stop.countDown();
          return null;
        };
    Object proxy =
        Proxy.newProxyInstance(
            StopSignal.class.getClassLoader(), new Class<?>[] {handler}, countDown);
    signal
        .getMethod("handle", signal, handler)
        .invoke(null, signal.getConstructor(String.class).newInstance(name), proxy);
  }

  /** Returns when a signal has come, or the thread is interrupted. */
  void await() {
    try {
      stop.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
