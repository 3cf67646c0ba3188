package io.loadstar.cli;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Lets the first SIGINT or SIGTERM ask for an end instead of ending the process; a second one does
 * what it always does. Thread-safe; closing it gives the signals back.
 *
 * <p>The class that handles signals, sun.misc.Signal, is supported (JEP 260), but the compiler
 * warns of it and has no way to be told that it is meant: hence reflection.
 */
final class StopSignals implements AutoCloseable {

  private final Runnable stop;
  private final AtomicBoolean first = new AtomicBoolean(true);
  private final Map<Object, Object> before = new ConcurrentHashMap<>();

  private StopSignals(Runnable stop) {
    this.stop = stop;
  }

  /**
   * Takes the signals over, from now on.
   *
   * @param stop is run by the first
   */
  static StopSignals install(Runnable stop) {
    StopSignals signals = new StopSignals(stop);
    signals.take("INT");
    signals.take("TERM");
    return signals;
  }

  private void take(String name) {
    try {
      Class<?> type = Class.forName("sun.misc.Signal");
      Object signal = type.getConstructor(String.class).newInstance(name);
      Object proxy =
          Proxy.newProxyInstance(
              StopSignals.class.getClassLoader(), new Class<?>[] {handlerType()}, handler(signal));
      before.put(signal, handle(signal, proxy));
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("this Java lacks the module jdk.unsupported", e);
    }
  }

  private static Class<?> handlerType() throws ClassNotFoundException {
    return Class.forName("sun.misc.SignalHandler");
  }

  /** The handler that was there before. */
  private static Object handle(Object signal, Object handler) throws ReflectiveOperationException {
    Method handle = signal.getClass().getMethod("handle", signal.getClass(), handlerType());
    return handle.invoke(null, signal, handler);
  }

  private InvocationHandler handler(Object signal) {
    return (proxy, method, arguments) -> {
      if (!method.getName().equals("handle")) {
        return method.invoke(this, arguments); // equals, hashCode, toString
      }
      if (first.compareAndSet(true, false)) {
        stop.run();
        return null;
      }
      try {
        return method.invoke(before.get(signal), arguments);
      } catch (InvocationTargetException e) {
        throw e.getCause() == null ? e : e.getCause();
      }
    };
  }

  @Override
  public void close() {
    for (Map.Entry<Object, Object> each : before.entrySet()) {
      try {
        handle(each.getKey(), each.getValue());
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException("a signal can't be given back", e);
      }
    }
  }
}
