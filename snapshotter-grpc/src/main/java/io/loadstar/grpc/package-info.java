/** containerd's gRPC services, one class each. */
@NullMarked
package io.loadstar.grpc;

import org.jspecify.annotations.NullMarked;
