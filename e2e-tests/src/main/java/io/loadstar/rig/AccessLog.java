package io.loadstar.rig;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What docker-registry has answered, as it wrote it down: a line a request, in Apache's combined
 * format. Immutable; reads the file anew each time.
 */
public record AccessLog(Path file) {

  private static final Pattern LINE =
      Pattern.compile("\\S+ - \\S+ \\[[^]]*] \"(\\S+) (\\S+)[^\"]*\" (\\d{3}) (\\d+|-).*");

  /**
   * One answered request.
   *
   * @param method GET, HEAD, …
   * @param path with its query
   * @param status of the answer
   * @param bytes of the answer's body
   */
  public record Request(String method, String path, int status, long bytes) {}

  /**
   * Requests after some point.
   *
   * @param requests in the order in which they were answered
   */
  public record Traffic(List<Request> requests) {

    public Traffic {
      requests = List.copyOf(requests);
    }

    /** How many were answered with part of a blob (206). */
    public long ranged() {
      return requests.stream().filter(request -> request.status() == 206).count();
    }

    /** Bytes of blobs and manifests sent. */
    public long fetchedBytes() {
      return requests.stream()
          .filter(request -> request.method().equals("GET"))
          .filter(request -> request.status() == 200 || request.status() == 206)
          .mapToLong(Request::bytes)
          .sum();
    }
  }

  /** The present end of the log, for {@link #since}. */
  public long mark() throws IOException {
    return Files.size(file);
  }

  /** What was answered after {@code mark}. A request is in the log once its answer is complete. */
  public Traffic since(long mark) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    String text = new String(bytes, (int) mark, bytes.length - (int) mark, StandardCharsets.UTF_8);
    return new Traffic(
        text.lines().map(LINE::matcher).filter(Matcher::matches).map(AccessLog::request).toList());
  }

  private static Request request(Matcher line) {
    long bytes = line.group(4).equals("-") ? 0 : Long.parseLong(line.group(4));
    return new Request(line.group(1), line.group(2), Integer.parseInt(line.group(3)), bytes);
  }
}
