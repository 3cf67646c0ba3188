package io.loadstar.registry.fake;

import mockwebserver3.MockResponse;
import mockwebserver3.RecordedRequest;

/** What a {@link FakeRegistry} does with a request instead of answering it well. */
@FunctionalInterface
public interface Fault {

  /**
   * Answers.
   *
   * @param request what was asked
   * @param good the answer of a registry that works
   */
  MockResponse answer(RecordedRequest request, MockResponse good);
}
