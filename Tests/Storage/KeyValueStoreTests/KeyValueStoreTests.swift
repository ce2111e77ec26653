// Tests of KeyValueStore.
