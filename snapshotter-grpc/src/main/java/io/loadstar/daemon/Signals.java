package io.loadstar.daemon;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * Waits for SIGTERM, SIGINT and SIGHUP. Thread-safe.
 *
 * <p>Left alone, the JVM would exit with 143, which a service manager counts as a failure. The
 * class that handles signals, sun.misc.Signal, is supported (JEP 260), but the compiler warns of it
 * and has no way to be told that it is meant: hence reflection.
 */
final class Signals {

  /** What somebody wants of the daemon. */
  enum Wish {

    /** SIGTERM, SIGINT: to end. */
    STOP,

    /** SIGHUP: to read its configuration again. */
    RELOAD
  }

  private final BlockingQueue<Wish> wishes = new LinkedBlockingQueue<>();

  private Signals() {}

  /** Takes the signals over, from now on. */
  static Signals install() {
    Signals signal = new Signals();
    try {
      signal.handle("TERM", Wish.STOP);
      signal.handle("INT", Wish.STOP);
      signal.handle("HUP", Wish.RELOAD);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("this Java lacks the module jdk.unsupported", e);
    }
    return signal;
  }

  private void handle(String name, Wish wish) throws ReflectiveOperationException {
    Class<?> signal = Class.forName("sun.misc.Signal");
    Class<?> handler = Class.forName("sun.misc.SignalHandler");
    InvocationHandler add =
        (proxy, method, arguments) -> {
          if (!method.getName().equals("handle")) {
            return method.invoke(this, arguments); // equals, hashCode, toString
          }
          wishes.add(wish);
          return null;
        };
    Object proxy =
        Proxy.newProxyInstance(Signals.class.getClassLoader(), new Class<?>[] {handler}, add);
    signal
        .getMethod("handle", signal, handler)
        .invoke(null, signal.getConstructor(String.class).newInstance(name), proxy);
  }

  /** The next wish, when it has come; to stop, if the thread is interrupted. */
  Wish next() {
    try {
      return wishes.take();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Wish.STOP;
    }
  }
}
