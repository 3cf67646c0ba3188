package io.loadstar.coldstart;

import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * The middle of several samples of the same thing, with the least and the most. Immutable.
 *
 * @param middle of an even number, the mean of the two
 */
record Median(double middle, double least, double most) {

  /**
   * @param samples at least one
   */
  static Median of(List<Sample> samples, ToDoubleFunction<Sample> value) {
    double[] sorted = samples.stream().mapToDouble(value).sorted().toArray();
    int half = sorted.length / 2;
    double middle = sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    return new Median(middle, sorted[0], sorted[sorted.length - 1]);
  }
}
