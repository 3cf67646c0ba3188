package io.loadstar.registry.hosts;

import java.nio.file.Path;

/**
 * Files, in PEM, by which a client proves to a server who it is. Immutable.
 *
 * @param certificate the certificate, with those that lead to its authority
 * @param key the private key; the same file where one has both
 */
public record ClientCertificate(Path certificate, Path key) {}
