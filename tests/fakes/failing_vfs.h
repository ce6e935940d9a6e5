// A disk for SQLite that counts what is synced and fails when told: full disks and broken ones without
// needing either.
#pragma once

#include <sqlite3.h>

#include <cstddef>
#include <string_view>

namespace hearth {

// Becomes SQLite's default disk for as long as it lives; one at a time. Files are real, on the system's own
// disk.
class FailingVfs {
 public:
  FailingVfs() {
    real_ = sqlite3_vfs_find(nullptr);
    vfs_ = *real_;
    vfs_.zName = "failing";
    vfs_.szOsFile = static_cast<int>(sizeof(File)) + real_->szOsFile;
    vfs_.pAppData = this;
    vfs_.xOpen = [](sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
      auto* self = static_cast<FailingVfs*>(vfs->pAppData);
      auto* wrapper = reinterpret_cast<File*>(file);
      wrapper->owner = self;
      wrapper->methods = nullptr;
      const int code = self->real_->xOpen(self->real_, name, wrapper->real(), flags, out_flags);
      if (wrapper->real()->pMethods != nullptr) wrapper->methods = &methods();
      return code;
    };
    sqlite3_vfs_register(&vfs_, 1);
  }
  FailingVfs(const FailingVfs&) = delete;
  FailingVfs& operator=(const FailingVfs&) = delete;
  ~FailingVfs() {
    sqlite3_vfs_unregister(&vfs_);
    sqlite3_vfs_register(real_, 1);
  }

  std::size_t syncs = 0;        // fsyncs so far, of any file
  int write_error = SQLITE_OK;  // what writes answer from now on, once writes_left is used up
  std::size_t writes_left = 0;
  int read_error = SQLITE_OK;  // what reads answer from now on

 private:
  // SQLite's file object: its header, then ours, then the real one's.
  struct File {
    const sqlite3_io_methods* methods;
    FailingVfs* owner;
    sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
    const sqlite3_io_methods* real_methods() { return real()->pMethods; }
  };
  static File* wrapper(sqlite3_file* file) { return reinterpret_cast<File*>(file); }

  static const sqlite3_io_methods& methods() {
    static const sqlite3_io_methods all = {
        3,
        [](sqlite3_file* f) { return wrapper(f)->real_methods()->xClose(wrapper(f)->real()); },
        [](sqlite3_file* f, void* to, int size, sqlite3_int64 at) {
          if (wrapper(f)->owner->read_error != SQLITE_OK) return wrapper(f)->owner->read_error;
          return wrapper(f)->real_methods()->xRead(wrapper(f)->real(), to, size, at);
        },
        [](sqlite3_file* f, const void* from, int size, sqlite3_int64 at) {
          FailingVfs& owner = *wrapper(f)->owner;
          if (owner.write_error != SQLITE_OK) {
            if (owner.writes_left == 0) return owner.write_error;
            --owner.writes_left;
          }
          return wrapper(f)->real_methods()->xWrite(wrapper(f)->real(), from, size, at);
        },
        [](sqlite3_file* f, sqlite3_int64 size) {
          return wrapper(f)->real_methods()->xTruncate(wrapper(f)->real(), size);
        },
        [](sqlite3_file* f, int flags) {
          ++wrapper(f)->owner->syncs;
          return wrapper(f)->real_methods()->xSync(wrapper(f)->real(), flags);
        },
        [](sqlite3_file* f, sqlite3_int64* size) {
          return wrapper(f)->real_methods()->xFileSize(wrapper(f)->real(), size);
        },
        [](sqlite3_file* f, int lock) { return wrapper(f)->real_methods()->xLock(wrapper(f)->real(), lock); },
        [](sqlite3_file* f, int lock) {
          return wrapper(f)->real_methods()->xUnlock(wrapper(f)->real(), lock);
        },
        [](sqlite3_file* f, int* out) {
          return wrapper(f)->real_methods()->xCheckReservedLock(wrapper(f)->real(), out);
        },
        [](sqlite3_file* f, int what, void* argument) {
          return wrapper(f)->real_methods()->xFileControl(wrapper(f)->real(), what, argument);
        },
        [](sqlite3_file* f) { return wrapper(f)->real_methods()->xSectorSize(wrapper(f)->real()); },
        [](sqlite3_file* f) {
          return wrapper(f)->real_methods()->xDeviceCharacteristics(wrapper(f)->real());
        },
        [](sqlite3_file* f, int page, int size, int extend, void volatile** out) {
          return wrapper(f)->real_methods()->xShmMap(wrapper(f)->real(), page, size, extend, out);
        },
        [](sqlite3_file* f, int offset, int n, int flags) {
          return wrapper(f)->real_methods()->xShmLock(wrapper(f)->real(), offset, n, flags);
        },
        [](sqlite3_file* f) { wrapper(f)->real_methods()->xShmBarrier(wrapper(f)->real()); },
        [](sqlite3_file* f, int remove) {
          return wrapper(f)->real_methods()->xShmUnmap(wrapper(f)->real(), remove);
        },
        [](sqlite3_file* f, sqlite3_int64 at, int size, void** out) {
          return wrapper(f)->real_methods()->xFetch(wrapper(f)->real(), at, size, out);
        },
        [](sqlite3_file* f, sqlite3_int64 at, void* page) {
          return wrapper(f)->real_methods()->xUnfetch(wrapper(f)->real(), at, page);
        }};
    return all;
  }

  sqlite3_vfs* real_ = nullptr;
  sqlite3_vfs vfs_{};
};

}  // namespace hearth
