package io.loadstar.convert;

import io.loadstar.oci.ImageDestination;
import io.loadstar.oci.ImageSource;

/**
 * What is to be converted, from where to where. Source and destination stay the caller's.
 *
 * @param source the image
 * @param destination its new place
 * @param options how
 * @param listener is told how it gets on
 */
record ConversionJob(
    ImageSource source,
    ImageDestination destination,
    ConversionOptions options,
    ConversionListener listener) {

  /** The image, for messages. */
  String name() {
    return source.toString();
  }
}
