// A shared library that has nothing to do with hearth.
extern "C" __attribute__((visibility("default"))) int unrelated() {
  return 0;
}
