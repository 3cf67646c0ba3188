package io.loadstar.build;

import io.loadstar.tar.EntryName;
import io.loadstar.toc.EntryType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds what prioritized paths mean in one layer. Immutable; entries are meant by their index. */
final class WantedEntries {

  /** As many symbolic links as Linux follows in one path (path_resolution(7)). */
  private static final int MAX_LINKS = 40;

  private final List<SpooledEntry> entries;
  private final Extraction extraction;

  WantedEntries(List<SpooledEntry> entries, Extraction extraction) {
    this.entries = entries;
    this.extraction = extraction;
  }

  /** The entries that {@code path} means, in the order in which they are wanted. */
  List<Integer> of(String path, PrioritizedFiles.Spelling spelling) {
    return switch (spelling) {
      case EXACT -> {
        Integer index = extraction.find(EntryName.clean(path));
        yield index == null ? List.of() : List.of(index);
      }
      case PATTERN -> {
        List<Integer> named = named(path);
        yield named.isEmpty() && PathGlob.isGlob(path) ? matching(PathGlob.of(path)) : named;
      }
    };
  }

  private List<Integer> matching(PathGlob glob) {
    return extraction.below(glob.directory()).stream()
        .filter(index -> glob.matches(entries.get(index).cleanName()))
        .toList();
  }

  /** What has the name, with the links on the way to it and with what is below it. */
  private List<Integer> named(String path) {
    List<Integer> found = new ArrayList<>();
    List<String> walked = new ArrayList<>();
    Deque<String> rest = new ArrayDeque<>(EntryName.components(path));
    while (!rest.isEmpty()) {
      String component = rest.pop();
      if (component.equals("..")) {
        if (!walked.isEmpty()) {
          walked.removeLast();
        }
        continue;
      }
      walked.add(component);
      Integer link = symlink(String.join("/", walked));
      if (link != null) {
        if (found.size() == MAX_LINKS) {
          return List.of();
        }
        found.add(link);
        follow(entries.get(link).row().linkName(), walked, rest);
      }
    }
    List<Integer> end = withTree(String.join("/", walked));
    found.addAll(end);
    boolean there = !end.isEmpty() || symlink(EntryName.clean(path)) != null;
    return there ? found : List.of();
  }

  private @Nullable Integer symlink(String name) {
    Integer index = extraction.find(name);
    return index != null && entries.get(index).row().type() == EntryType.SYMLINK ? index : null;
  }

  private static void follow(String target, List<String> walked, Deque<String> rest) {
    if (target.startsWith("/")) {
      walked.clear();
    } else {
      walked.removeLast();
    }
    List<String> parts = List.of(target.split("/", -1));
    for (String part : parts.reversed()) {
      if (!part.isEmpty() && !part.equals(".")) {
        rest.push(part);
      }
    }
  }

  private List<Integer> withTree(String name) {
    Integer index = extraction.find(name);
    if (index != null && entries.get(index).row().type() != EntryType.DIRECTORY) {
      return List.of(index);
    }
    List<Integer> tree = new ArrayList<>();
    if (index != null) {
      tree.add(index);
    }
    extraction.below(name).stream().filter(each -> !each.equals(index)).forEach(tree::add);
    return tree;
  }
}
