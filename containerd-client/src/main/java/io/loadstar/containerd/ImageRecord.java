package io.loadstar.containerd;

/**
 * An image by the name that containerd keeps it under. Immutable.
 *
 * @param name the full reference
 * @param target its index or manifest
 */
public record ImageRecord(String name, ContentDescriptor target) {}
