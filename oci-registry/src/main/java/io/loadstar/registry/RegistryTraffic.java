package io.loadstar.registry;

/** Is told what goes over the wire. Thread-safe; it is called on the transfers' own threads. */
public interface RegistryTraffic {

  /**
   * A request is sent, whatever becomes of it.
   *
   * @param host the server, with its port if that isn't the scheme's own
   * @param method the HTTP method
   */
  void requested(String host, String method);

  /** Bytes of a response's body have come, as they were on the wire. */
  void received(String host, long bytes);

  /** Bytes of a request's body have been sent. */
  void sent(String host, long bytes);

  /** Takes no notice. */
  static RegistryTraffic ignored() {
    return new RegistryTraffic() {
      @Override
      public void requested(String host, String method) {}

      @Override
      public void received(String host, long bytes) {}

      @Override
      public void sent(String host, long bytes) {}
    };
  }
}
