package io.loadstar.registry;

import java.io.IOException;
import okhttp3.Interceptor;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.ResponseBody;
import okio.Buffer;
import okio.ForwardingSource;
import okio.Okio;
import okio.Source;

/** Tells a {@link RegistryTraffic} of every exchange on the network. Thread-safe. */
final class TrafficInterceptor implements Interceptor {

  private final RegistryTraffic traffic;

  TrafficInterceptor(RegistryTraffic traffic) {
    this.traffic = traffic;
  }

  @Override
  public Response intercept(Chain chain) throws IOException {
    Request request = chain.request();
    String host = RegistryHost.authority(request.url());
    traffic.requested(host, request.method());
    Response response = chain.proceed(request);
    if (request.body() != null && request.body().contentLength() > 0) {
      traffic.sent(host, request.body().contentLength());
    }
    ResponseBody body = response.body();
    return response
        .newBuilder()
        .body(
            ResponseBody.create(
                Okio.buffer(new CountedSource(body.source(), host)),
                body.contentType(),
                body.contentLength()))
        .build();
  }

  private final class CountedSource extends ForwardingSource {
    private final String host;

    CountedSource(Source source, String host) {
      super(source);
      this.host = host;
    }

    @Override
    public long read(Buffer sink, long byteCount) throws IOException {
      long count = super.read(sink, byteCount);
      if (count > 0) {
        traffic.received(host, count);
      }
      return count;
    }
  }
}
