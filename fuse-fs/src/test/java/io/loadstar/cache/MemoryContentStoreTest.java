package io.loadstar.cache;

final class MemoryContentStoreTest extends ContentStoreContract {

  @Override
  ContentStore newStore() {
    return new MemoryContentStore();
  }
}
