package io.loadstar.registry;

import java.util.concurrent.atomic.LongAdder;

/** Sums of all that went over the wire. Thread-safe. */
public final class CountedTraffic implements RegistryTraffic {

  private final LongAdder requests = new LongAdder();
  private final LongAdder bytesReceived = new LongAdder();
  private final LongAdder bytesSent = new LongAdder();

  /** How many requests were sent, with those for tokens and those that failed. */
  public long requests() {
    return requests.sum();
  }

  /** The bytes of all responses' bodies. */
  public long bytesReceived() {
    return bytesReceived.sum();
  }

  /** The bytes of all requests' bodies. */
  public long bytesSent() {
    return bytesSent.sum();
  }

  @Override
  public void requested(String host, String method) {
    requests.increment();
  }

  @Override
  public void received(String host, long bytes) {
    bytesReceived.add(bytes);
  }

  @Override
  public void sent(String host, long bytes) {
    bytesSent.add(bytes);
  }

  @Override
  public String toString() {
    return requests + " requests, " + bytesReceived + " bytes received, " + bytesSent + " sent";
  }
}
