package io.loadstar.pull;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/**
 * An error as one line of text, in the same words whoever met it, command or daemon. Stateless. The
 * project's own checked exceptions name the object and the remedy in their message and are shown as
 * they are; those of the Java platform are put into words here.
 */
public final class ErrorLine {

  /** A heap is bounded so that a conversion stays small: see bin/lib/dist.sh. */
  private static final String OUT_OF_MEMORY =
      "not enough memory for a layer of so many files; give it more: LOADSTAR_JAVA_FLAGS=-Xmx2g";

  private ErrorLine() {}

  /** The line, without the program's name and without a line end. */
  public static String of(Throwable error) {
    String line =
        switch (error) {
          case Throwable e when isOutOfMemory(e) -> OUT_OF_MEMORY;
          case FileSystemException e -> ofFile(e);
          case IOException e -> said(e);
          case RuntimeException e -> unexpected(e);
          case Error e -> unexpected(e);
          case Exception e -> said(e);
          default -> unexpected(error);
        };
    return line.strip().replaceAll("\\s*\\R\\s*", " ");
  }

  private static String ofFile(FileSystemException error) {
    String cause =
        switch (error) {
          case NoSuchFileException _ -> "no such file or directory; check the path";
          case AccessDeniedException _ -> "permission denied; run as its owner or as root";
          case FileAlreadyExistsException _ -> "is there already; remove it or choose another name";
          case DirectoryNotEmptyException _ -> "the directory isn't empty; choose another";
          case NotDirectoryException _ -> "isn't a directory; check the path";
          default -> String.valueOf(error.getReason());
        };
    return error.getFile() == null ? cause : error.getFile() + ": " + cause;
  }

  private static boolean isOutOfMemory(Throwable error) {
    Throwable each = error;
    while (each.getCause() != null) {
      each = each.getCause();
    }
    return each instanceof OutOfMemoryError;
  }

  private static String said(Throwable error) {
    String message = error.getMessage();
    return message == null || message.isBlank() ? unexpected(error) : message;
  }

  private static String unexpected(Throwable error) {
    return "unexpected: " + error + "; run again with --debug and report what it prints";
  }
}
