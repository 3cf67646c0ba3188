package io.loadstar.grpc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.HandlerRegistry;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.loadstar.api.cri.v1.AuthConfig;
import io.loadstar.api.cri.v1.ImageSpec;
import io.loadstar.api.cri.v1.PullImageRequest;
import io.loadstar.credentials.Credentials;
import io.loadstar.credentials.LearntCredentials;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against a server that stands for containerd and does with a call what the test says. */
final class ImageServiceProxyTest {

  private static final String PULL = "runtime.v1.ImageService/PullImage";
  private static final String IMAGE = "r.example:5000/a/b:v1";
  private static final Metadata.Key<String> TEXT =
      Metadata.Key.of("x-text", Metadata.ASCII_STRING_MARSHALLER);
  private static final Metadata.Key<byte[]> DETAILS =
      Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER);
  private static final Credentials LOGIN = new Credentials.UsernamePassword("me", "hidden");

  @TempDir Path folder;

  private final ExecutorService calls = Executors.newCachedThreadPool();
  private final SocketChannels channels = new SocketChannels();
  private LearntCredentials learnt;
  private ImageServiceProxy proxy;
  private UnixSocketServer server;
  private ManagedChannel kubelet;
  private @Nullable UnixSocketServer containerd;

  @BeforeEach
  void start() throws IOException {
    learnt = LearntCredentials.open(folder);
    proxy = ImageServiceProxy.to(folder.resolve("c.sock"), learnt);
    server =
        UnixSocketServer.start(
            folder.resolve("s.sock"), calls, UnixSocketServer.Offer.of().with(proxy));
    kubelet = channels.to(server.address());
  }

  @AfterEach
  void stop() throws IOException {
    channels.close();
    if (containerd != null) {
      containerd.close();
    }
    server.close();
    proxy.close();
    calls.shutdownNow();
  }

  /** What containerd does with a call. */
  @FunctionalInterface
  private interface Handler {
    void handle(ServerCall<byte[], byte[]> call, Metadata headers, byte[] message);
  }

  private void containerd(Handler handler) throws IOException {
    HandlerRegistry everything =
        new HandlerRegistry() {
          @Override
          public ServerMethodDefinition<?, ?> lookupMethod(
              String name, @Nullable String authority) {
            return ServerMethodDefinition.create(
                method(name, MethodType.SERVER_STREAMING),
                (call, headers) -> {
                  call.request(2);
                  return new ServerCall.Listener<>() {
                    @Override
                    public void onMessage(byte[] message) {
                      handler.handle(call, headers, message);
                    }
                  };
                });
          }
        };
    containerd =
        UnixSocketServer.start(
            folder.resolve("c.sock"), calls, UnixSocketServer.Offer.of().with(everything));
  }

  private static void answer(ServerCall<byte[], byte[]> call, byte[]... messages) {
    call.sendHeaders(new Metadata());
    for (byte[] message : messages) {
      call.sendMessage(message);
    }
    call.close(Status.OK, new Metadata());
  }

  private static MethodDescriptor<byte[], byte[]> method(String name, MethodType type) {
    return MethodDescriptor.newBuilder(FrameMarshaller.INSTANCE, FrameMarshaller.INSTANCE)
        .setFullMethodName(name)
        .setType(type)
        .build();
  }

  private byte[] call(String name, byte[] request) {
    return ClientCalls.blockingUnaryCall(
        kubelet,
        method(name, MethodType.UNARY),
        CallOptions.DEFAULT.withDeadlineAfter(60, TimeUnit.SECONDS),
        request);
  }

  private static byte[] pull(AuthConfig.Builder auth) {
    return PullImageRequest.newBuilder()
        .setImage(ImageSpec.newBuilder().setImage(IMAGE))
        .setAuth(auth)
        .build()
        .toByteArray();
  }

  private static AuthConfig.Builder auth() {
    return AuthConfig.newBuilder();
  }

  @Test
  void aMethodThatNobodyHereKnowsIsPassedOnByteForByte() throws Exception {
    byte[] request = {8, 1, -1, 0, 127, 3}; // no protobuf at all
    List<String> seen = new ArrayList<>();
    List<byte[]> answers = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      byte[] part = new byte[30_000];
      part[i] = (byte) i;
      answers.add(part);
    }
    containerd((call, headers, message) -> {
      seen.add(call.getMethodDescriptor().getFullMethodName() + " " + headers.get(TEXT));
      assertArrayEquals(request, message);
      answer(call, answers.toArray(byte[][]::new));
    });
    Metadata headers = new Metadata();
    headers.put(TEXT, "from a kubelet");
    ClientCall<byte[], byte[]> call =
        kubelet.newCall(
            method("runtime.v1.ImageService/StreamNews", MethodType.SERVER_STREAMING),
            CallOptions.DEFAULT.withDeadlineAfter(60, TimeUnit.SECONDS));
    Received received = new Received();
    call.start(received, headers);
    call.sendMessage(request);
    call.halfClose();
    call.request(answers.size());
    received.await();
    assertEquals(Status.Code.OK, received.status.getCode());
    assertEquals(List.of("runtime.v1.ImageService/StreamNews from a kubelet"), seen);
    assertEquals(answers.size(), received.messages.size());
    for (int i = 0; i < answers.size(); i++) {
      assertArrayEquals(answers.get(i), received.messages.get(i));
    }
  }

  @Test
  void whatContainerdSaysOfAFailureArrivesAsItIs() throws Exception {
    byte[] details = {10, 2, 1, 2};
    containerd((call, headers, message) -> {
      Metadata trailers = new Metadata();
      trailers.put(DETAILS, details);
      trailers.put(TEXT, "trailer");
      call.close(Status.UNAVAILABLE.withDescription("of its own: é"), trailers);
    });
    StatusRuntimeException e =
        assertThrows(
            StatusRuntimeException.class,
            () -> call("runtime.v1.ImageService/ImageStatus", new byte[0]));
    assertEquals(Status.Code.UNAVAILABLE, e.getStatus().getCode());
    assertEquals("of its own: é", e.getStatus().getDescription());
    Metadata trailers = Objects.requireNonNull(e.getTrailers());
    assertEquals("trailer", trailers.get(TEXT));
    assertArrayEquals(details, trailers.get(DETAILS));
  }

  @Test
  void fieldsOfLaterVersionsSurviveAndCredentialsAreLearntBeforeThePullGoesOn() throws Exception {
    List<Credentials> known = new ArrayList<>();
    List<byte[]> seen = new ArrayList<>();
    containerd((call, headers, message) -> {
      known.addAll(learnt.all("r.example:5000", "a/b"));
      seen.add(message);
      answer(call, message);
    });
    byte[] request =
        PullImageRequest.parseFrom(pull(auth().setUsername("me").setPassword("hidden"))).toBuilder()
            .setUnknownFields(
                UnknownFieldSet.newBuilder()
                    .addField(
                        99,
                        UnknownFieldSet.Field.newBuilder()
                            .addLengthDelimited(ByteString.copyFromUtf8("later"))
                            .build())
                    .build())
            .build()
            .toByteArray();
    assertArrayEquals(request, call(PULL, request));
    assertArrayEquals(request, seen.getFirst());
    assertEquals(List.of(LOGIN), known);
    assertEquals(LOGIN, LearntCredentials.open(folder).find("r.example:5000", "a/b"));
  }

  @Test
  void whatAPullHasBroughtIsForgottenWithItAndAFailedPullIsTriedAgain() throws Exception {
    List<Status> answers = new ArrayList<>(List.of(Status.UNAVAILABLE, Status.OK));
    containerd((call, headers, message) -> {
      call.sendHeaders(new Metadata());
      Status answer = answers.removeFirst();
      if (answer.isOk()) {
        call.sendMessage(message);
      }
      call.close(answer, new Metadata());
    });
    byte[] request = pull(auth().setUsername("me").setPassword("hidden"));
    assertThrows(StatusRuntimeException.class, () -> call(PULL, request));
    learnt.forgetUnused(Set::of);
    assertEquals(LOGIN, learnt.find("r.example:5000", "a/b"));
    call(PULL, request);
    learnt.forgetUnused(() -> Set.of("a/b"));
    assertEquals(LOGIN, learnt.find("r.example:5000", "a/b"));
    learnt.forgetUnused(Set::of);
    assertEquals(new Credentials.Anonymous(), learnt.find("r.example:5000", "a/b"));
  }

  @Test
  void allFormsOfCredentialsAreLearnt() throws Exception {
    containerd((call, headers, message) -> answer(call, message));
    call(PULL, pull(auth().setAuth("bWU6aGlkZGVuAAA=")));
    assertEquals(LOGIN, learnt.find("r.example:5000", "a/b"));
    call(PULL, pull(auth().setIdentityToken("i")));
    assertEquals(new Credentials.IdentityToken("i"), learnt.find("r.example:5000", "a/b"));
    call(PULL, pull(auth().setRegistryToken("r")));
    assertEquals(new Credentials.RegistryToken("r"), learnt.find("r.example:5000", "a/b"));
    assertEquals(3, learnt.all("r.example:5000", "a/b").size());
  }

  @Test
  void credentialsForAServerAreForThatServer() throws Exception {
    containerd((call, headers, message) -> answer(call, message));
    AuthConfig.Builder mirrors = auth().setUsername("me").setPassword("hidden");
    call(PULL, pull(mirrors.clone().setServerAddress("https://Mirror.example/v2/")));
    call(PULL, pull(mirrors.clone().setServerAddress("https://index.docker.io/v1/")));
    assertEquals(new Credentials.Anonymous(), learnt.find("r.example:5000", "a/b"));
    assertEquals(LOGIN, learnt.find("mirror.example", "a/b"));
    assertEquals(LOGIN, learnt.find("docker.io", "a/b"));
  }

  @Test
  void aPullThatCannotBeReadIsContainerdsBusiness() throws Exception {
    containerd((call, headers, message) -> answer(call, message));
    for (byte[] odd :
        List.of(
            new byte[] {-1, -1},
            pull(auth().setAuth("not base64!")),
            pull(auth().setAuth("bm9jb2xvbg==")),
            pull(auth().setUsername("u").setServerAddress("a b")),
            PullImageRequest.newBuilder()
                .setImage(ImageSpec.newBuilder().setImage("UPPER CASE"))
                .setAuth(auth().setUsername("u"))
                .build()
                .toByteArray())) {
      assertArrayEquals(odd, call(PULL, odd));
    }
    assertFalse(Files.exists(folder.resolve("credentials.json")));
  }

  @Test
  void aContainerdThatIsNotThereIsToldInOneLineAndFoundAsSoonAsItIs() throws Exception {
    for (int i = 0; i < 3; i++) {
      StatusRuntimeException e =
          assertThrows(StatusRuntimeException.class, () -> call(PULL, pull(auth())));
      String told = String.valueOf(e.getStatus().getDescription());
      assertEquals(Status.Code.UNAVAILABLE, e.getStatus().getCode());
      assertTrue(told.startsWith("containerd's image service isn't reachable at " + folder), told);
      assertTrue(told.contains("image_service_path"), told);
      assertEquals(1, told.lines().count());
    }
    for (int i = 0; i < 3; i++) {
      containerd((call, headers, message) -> answer(call, message));
      assertEquals("x", new String(call("runtime.v1.ImageService/X", "x".getBytes(UTF_8)), UTF_8));
      if (containerd != null) {
        containerd.close();
      }
    }
  }

  @Test
  void aDeadlineGoesAlong() throws Exception {
    List<Long> left = new ArrayList<>();
    containerd((call, headers, message) -> {
      Deadline deadline = Context.current().getDeadline();
      left.add(deadline == null ? -1 : deadline.timeRemaining(TimeUnit.SECONDS));
      answer(call, message);
    });
    call("runtime.v1.ImageService/X", new byte[1]);
    assertTrue(left.getFirst() >= 0 && left.getFirst() <= 60, left::toString);
  }

  @Test
  void whoGoesAwayTakesHisCallAlong() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch cancelled = new CountDownLatch(1);
    containerd((call, headers, message) -> {
      Context.current().addListener(_ -> cancelled.countDown(), Runnable::run);
      begun.countDown();
    });
    ClientCall<byte[], byte[]> call =
        kubelet.newCall(method(PULL, MethodType.UNARY), CallOptions.DEFAULT);
    Received received = new Received();
    call.start(received, new Metadata());
    call.sendMessage(pull(auth()));
    call.halfClose();
    call.request(2);
    assertTrue(begun.await(60, TimeUnit.SECONDS));
    call.cancel("enough", null);
    assertTrue(cancelled.await(60, TimeUnit.SECONDS));
  }

  @Test
  void otherServicesAreNotPassedOn() throws Exception {
    containerd((call, headers, message) -> answer(call, message));
    for (String other : List.of("runtime.v1.RuntimeService/Version", "a.B/C", "x")) {
      StatusRuntimeException e =
          assertThrows(StatusRuntimeException.class, () -> call(other, new byte[0]));
      assertEquals(Status.Code.UNIMPLEMENTED, e.getStatus().getCode());
    }
  }

  /** What came of a call. */
  private static final class Received extends ClientCall.Listener<byte[]> {
    private final List<byte[]> messages = new ArrayList<>();
    private final CountDownLatch end = new CountDownLatch(1);
    private volatile Status status = Status.UNKNOWN;

    @Override
    public void onMessage(byte[] message) {
      messages.add(message);
    }

    @Override
    public void onClose(Status how, Metadata trailers) {
      status = how;
      end.countDown();
    }

    void await() throws InterruptedException {
      assertTrue(end.await(60, TimeUnit.SECONDS));
    }
  }
}
