package io.loadstar.snapshot;

import io.loadstar.linux.IdMaps;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** "Mounts" a layer by putting a file into the directory. */
public final class DirectoryRemoteFileSystem implements RemoteFileSystem {

  /** Names the layer; without it nothing is lazy. */
  public static final String LAYER = "containerd.io/snapshot/test.layer";

  public final AtomicInteger mounts = new AtomicInteger();
  public final Set<Path> mounted = ConcurrentHashMap.newKeySet();
  public final Set<Path> broken = ConcurrentHashMap.newKeySet();
  public volatile CountDownLatch gate = new CountDownLatch(0);

  @Override
  public Owner mount(Path mountPoint, Map<String, String> labels) throws NotLazyException {
    String layer = labels.get(LAYER);
    if (layer == null) {
      throw new NotLazyException("the labels name no layer");
    }
    mounts.incrementAndGet();
    Owner owner;
    try {
      Owner self = SnapshotDirectories.ownerOf(mountPoint);
      owner = self.equals(Owner.ROOT) ? new Owner(7, 8) : self;
      gate.await();
      Files.writeString(mountPoint.resolve("layer"), layer);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    mounted.add(mountPoint);
    return owner;
  }

  @Override
  public void mountMapped(Path layer, Path mountPoint, IdMaps maps)
      throws LayerUnavailableException {
    throw new LayerUnavailableException("a directory, which the kernel maps itself");
  }

  @Override
  public void check(Path mountPoint) throws LayerUnavailableException {
    if (broken.contains(mountPoint) || !mounted.contains(mountPoint)) {
      throw new LayerUnavailableException("its registry is gone");
    }
  }

  @Override
  public Usage usage(Path mountPoint) {
    return new Usage(4711, 0);
  }

  @Override
  public void unmount(Path mountPoint) {
    mounted.remove(mountPoint);
  }
}
