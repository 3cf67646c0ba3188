package io.loadstar.convert;

import io.loadstar.blob.Digest;
import io.loadstar.oci.ImageSource;
import io.loadstar.oci.Referrer;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.HashSet;
import java.util.Set;

/**
 * Tells which signatures (and other statements kept beside an image) speak of a manifest that the
 * conversion has replaced: a signature can't be made anew here, it is its signer's. Immutable.
 */
record VoidSignatures(ImageSource source, ConversionListener listener) {

  /** Asks the source about each digest that the report shows to have changed. */
  void tell(ConversionReport report) throws InterruptedIOException {
    Set<Digest> before = new HashSet<>();
    if (!report.source().equals(report.result())) {
      before.add(report.source());
    }
    for (ConversionReport.Image image : report.images()) {
      if (!image.before().equals(image.after())) {
        before.add(image.before());
      }
    }
    for (Digest digest : before) {
      tell(digest);
    }
  }

  private void tell(Digest digest) throws InterruptedIOException {
    try {
      for (Referrer referrer : source.referrers(digest)) {
        listener.notice(
            referrer.kind()
                + " ("
                + referrer.place()
                + ") speaks of "
                + digest
                + " and is void for the converted image; sign that one if it has to be signed");
      }
    } catch (InterruptedIOException e) {
      throw e;
    } catch (IOException e) {
      listener.notice("whether " + digest + " is signed can't be found out: " + e.getMessage());
    }
  }
}
