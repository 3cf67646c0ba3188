package io.loadstar.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.loadstar.codec.WholeMemberDecoder;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.NoSuchElementException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The system's libdeflate, if it has one: it inflates two to three times as fast as the zlib that
 * comes with Java, and only what is there as a whole. Source: libdeflate.h of version 1.14; one
 * that lacks these functions counts as none.
 *
 * <p>Not thread-safe; closing it frees its memory. The collector can't run while it decodes (arrays
 * are passed as they are): two milliseconds for a MiB, as with Java's own.
 */
@SuppressWarnings("restricted")
public final class LibDeflate implements WholeMemberDecoder {

  private static final Logger LOG = LoggerFactory.getLogger(LibDeflate.class);
  private static final String LIBRARY = "libdeflate.so.0";
  private static final int SUCCESS = 0;

  private final Calls calls;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment sizes = arena.allocate(JAVA_LONG, 2);
  private final MemorySegment consumed = sizes.asSlice(0, JAVA_LONG);
  private final MemorySegment produced = sizes.asSlice(JAVA_LONG.byteSize(), JAVA_LONG);
  private final MemorySegment decompressor;

  private LibDeflate(Calls calls, MemorySegment decompressor) {
    this.calls = calls;
    this.decompressor = decompressor;
  }

  /** Whether there is one here. Loads it when it is called first. */
  public static boolean isThere() {
    return Loaded.CALLS.isPresent();
  }

  /**
   * A decoder of its own, the caller's to close; one that decodes nothing if there is none here.
   */
  public static WholeMemberDecoder decoder() {
    return Loaded.CALLS.map(LibDeflate::make).orElse(WholeMemberDecoder.NONE);
  }

  private static WholeMemberDecoder make(Calls calls) {
    try {
      MemorySegment made = (MemorySegment) calls.alloc.invokeExact();
      return made.equals(MemorySegment.NULL)
          ? WholeMemberDecoder.NONE
          : new LibDeflate(calls, made);
    } catch (Throwable e) {
      throw NativeCalls.unexpected(e);
    }
  }

  @Override
  public int decode(byte[] compressed, byte[] decoded) {
    try {
      int result =
          (int)
              calls.decompress.invokeExact(
                  decompressor,
                  MemorySegment.ofArray(compressed),
                  (long) compressed.length,
                  MemorySegment.ofArray(decoded),
                  (long) decoded.length,
                  consumed,
                  produced);
      return result == SUCCESS ? (int) produced.get(JAVA_LONG, 0) : NOT_DECODED;
    } catch (Throwable e) {
      throw NativeCalls.unexpected(e);
    }
  }

  @Override
  public void close() {
    try {
      calls.free.invokeExact(decompressor);
    } catch (Throwable e) {
      throw NativeCalls.unexpected(e);
    } finally {
      arena.close();
    }
  }

  /** Its functions. */
  private record Calls(MethodHandle alloc, MethodHandle decompress, MethodHandle free) {}

  /** Loaded when it is first asked for. */
  private static final class Loaded {
    static final Optional<Calls> CALLS = load();

    private Loaded() {}

    private static Optional<Calls> load() {
      try {
        SymbolLookup library = SymbolLookup.libraryLookup(LIBRARY, Arena.global());
        return Optional.of(
            new Calls(
                NativeCalls.plain(
                    library, "libdeflate_alloc_decompressor", FunctionDescriptor.of(ADDRESS)),
                NativeCalls.plain(
                    library,
                    "libdeflate_gzip_decompress_ex",
                    FunctionDescriptor.of(
                        JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS,
                        ADDRESS),
                    Linker.Option.critical(true)),
                NativeCalls.plain(
                    library, "libdeflate_free_decompressor", FunctionDescriptor.ofVoid(ADDRESS))));
      } catch (IllegalArgumentException | NoSuchElementException e) {
        LOG.debug("no {}: {}", LIBRARY, e.getMessage());
        return Optional.empty();
      }
    }
  }
}
