package io.loadstar.linux;

/** Device numbers as glibc's makedev(3) packs them into 64 bits (sys/sysmacros.h). */
public final class DeviceNumber {

  private DeviceNumber() {}

  /** Packs {@code major} and {@code minor}, both unsigned 32-bit numbers. */
  public static long of(int major, int minor) {
    return ((major & 0x0000_0fffL) << 8)
        | ((major & 0xffff_f000L) << 32)
        | (minor & 0x0000_00ffL)
        | ((minor & 0xffff_ff00L) << 12);
  }
}
